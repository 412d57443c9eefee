package accesslog

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"
)

// fileStart begins a file that holds a whole log in canonical form. After it come records: a letter, the
// length of the content in four bytes, the content. First the retirements, then the leaves, then the rows
// without a leaf, then how many records there were.
const fileStart = "vaccin access log 1\n"

const (
	recordRetirement = 'R'
	recordLeaf       = 'L'
	recordStray      = 'S'
	recordEnd        = 'E'
)

const maxRecord = 10 * maxText

var errFile = errors.New("accesslog: the file is not a whole exported log")

// WriteLog writes a log to a file that ReadLog reads. progress is told how many leaves were written.
func WriteLog(w io.Writer, log Source, progress func(leaves int64)) (leaves int64, err error) {
	out := bufio.NewWriterSize(w, 1<<16)
	if _, err := out.WriteString(fileStart); err != nil {
		return 0, err
	}
	records := int64(0)
	put := func(kind byte, content []byte) error {
		records++
		head := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(content)))
		_, err := out.Write(append(head, content...))
		return err
	}
	for _, r := range log.Retirements {
		if err := put(recordRetirement, append(numbers(r.Before.UnixMicro(), r.Count), r.Root[:]...)); err != nil {
			return 0, err
		}
	}
	for leaf, err := range log.Leaves {
		if err != nil {
			return leaves, err
		}
		content := append(numbers(leaf.Position, leaf.Num, leaf.At.UnixMicro(), leaf.Turn), leaf.Hash[:]...)
		if leaf.Entry != nil {
			content = append(content, leaf.Entry.Encode()...)
		}
		if err := put(recordLeaf, content); err != nil {
			return leaves, err
		}
		leaves++
		progress(leaves)
	}
	for row, err := range log.Strays {
		if err != nil {
			return leaves, err
		}
		waiting := int64(0)
		if row.Waiting {
			waiting = 1
		}
		if err := put(recordStray, numbers(row.Num, row.At.UnixMicro(), waiting)); err != nil {
			return leaves, err
		}
	}
	if err := put(recordEnd, numbers(records)); err != nil {
		return leaves, err
	}
	return leaves, out.Flush()
}

// numbers are numbers as eight bytes each.
func numbers(all ...int64) []byte {
	b := make([]byte, 0, 8*len(all)+64)
	for _, n := range all {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return b
}

// logFile is an exported log being read, once, from its beginning to its end.
type logFile struct {
	in      *bufio.Reader
	records int64
	kind    byte
	content []byte // of the record that comes next
}

// ReadLog returns a log that WriteLog wrote, as far as it is read: its leaves and strays are read from the
// file as they are asked for, in that order. A file that is not whole, or is followed by anything, is an error.
func ReadLog(r io.Reader) (Source, error) {
	f := &logFile{in: bufio.NewReaderSize(r, 1<<16)}
	start := make([]byte, len(fileStart))
	if _, err := io.ReadFull(f.in, start); err != nil || string(start) != fileStart {
		return Source{}, errFile
	}
	var log Source
	for {
		if err := f.advance(); err != nil {
			return Source{}, err
		}
		if f.kind != recordRetirement {
			break
		}
		if len(f.content) != 2*8+len(Hash{}) {
			return Source{}, errFile
		}
		log.Retirements = append(log.Retirements, Retirement{
			Before: momentAt(f.content), Count: numberAt(f.content, 1), Root: Hash(f.content[2*8:]),
		})
	}
	log.Leaves, log.Strays = f.leaves(), f.strays()
	return log, nil
}

// advance reads the next record.
func (f *logFile) advance() error {
	var head [5]byte
	if _, err := io.ReadFull(f.in, head[:]); err != nil {
		return fmt.Errorf("%w: %w", errFile, err)
	}
	size := int64(binary.BigEndian.Uint32(head[1:]))
	if size > maxRecord {
		return errFile
	}
	content, err := io.ReadAll(io.LimitReader(f.in, size)) // grows with what is there, not with what is claimed
	if err != nil || int64(len(content)) != size {
		return errFile
	}
	f.kind, f.content = head[0], content
	f.records++
	return nil
}

func numberAt(b []byte, i int) int64 { return int64(binary.BigEndian.Uint64(b[8*i:])) }

func momentAt(b []byte) time.Time { return time.UnixMicro(numberAt(b, 0)).UTC() }

func (f *logFile) leaves() iter.Seq2[Leaf, error] {
	const fixed = 4*8 + len(Hash{})
	return func(yield func(Leaf, error) bool) {
		for f.kind == recordLeaf {
			b := f.content
			if len(b) < fixed {
				yield(Leaf{}, errFile)
				return
			}
			leaf := Leaf{Position: numberAt(b, 0), Num: numberAt(b, 1), At: momentAt(b[16:]), Turn: numberAt(b, 3), Hash: Hash(b[32:fixed])}
			if len(b) > fixed {
				e, err := DecodeEntry(b[fixed:])
				if err != nil {
					yield(Leaf{}, err)
					return
				}
				leaf.Entry = &e
			}
			if err := f.advance(); err != nil {
				yield(Leaf{}, err)
				return
			}
			if !yield(leaf, nil) {
				return
			}
		}
	}
}

func (f *logFile) strays() iter.Seq2[Stray, error] {
	return func(yield func(Stray, error) bool) {
		for f.kind == recordStray {
			b := f.content
			if len(b) != 3*8 {
				yield(Stray{}, errFile)
				return
			}
			row := Stray{Num: numberAt(b, 0), At: momentAt(b[8:]), Waiting: numberAt(b, 2) == 1}
			if err := f.advance(); err != nil {
				yield(Stray{}, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := f.end(); err != nil {
			yield(Stray{}, err)
		}
	}
}

// end checks that nothing was cut off or added.
func (f *logFile) end() error {
	if f.kind != recordEnd || len(f.content) != 8 || numberAt(f.content, 0) != f.records-1 {
		return errFile
	}
	if _, err := f.in.ReadByte(); !errors.Is(err, io.EOF) {
		return errFile
	}
	return nil
}
