package accesslog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// maxHead bounds a head in a file; real ones have some three hundred bytes.
const maxHead = 16 << 10

// AppendHead adds a head to what a file of heads holds: the note and an empty line.
func AppendHead(b, signed []byte) []byte { return append(append(b, signed...), '\n') }

// Heads reads a file of heads, one note after another. What is between two empty places and is no note is
// returned as it stands: Open refuses it, and whoever verifies tells where. Reading ends with an error of
// the file, or at something so long that this is no file of heads.
func Heads(r io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		lines := bufio.NewReaderSize(r, maxHead)
		var head []byte
		signatures := false
		for {
			line, err := lines.ReadSlice('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				yield(nil, fmt.Errorf("reading heads: %w", err))
				return
			}
			end := err != nil
			switch empty := len(line) == 1 || end && len(line) == 0; {
			case !empty && len(head)+len(line) > maxHead:
				yield(nil, errors.New("reading heads: a head of more than 16 KiB"))
				return
			case !empty:
				head = append(head, line...)
				signatures = signatures || bytes.HasPrefix(line, []byte("— "))
			case !signatures && len(head) > 0 && !end && !bytes.HasSuffix(head, []byte("\n\n")):
				head = append(head, '\n') // between text and signatures
				continue
			case len(head) > 0:
				if !yield(head, nil) {
					return
				}
				head, signatures = nil, false
			}
			if end {
				if len(head) > 0 {
					yield(head, nil)
				}
				return
			}
		}
	}
}

// WholeHeads is how many bytes at the beginning of b hold whole heads: what comes after was cut in the
// writing.
func WholeHeads(b []byte) int {
	const end = "\n\n"
	for n := len(b); ; {
		i := bytes.LastIndex(b[:n], []byte(end))
		if i < 0 {
			return 0
		}
		// The line before the empty one is a signature, or this is the empty line within a note.
		start := bytes.LastIndexByte(b[:i], '\n') + 1
		if bytes.HasPrefix(b[start:i], []byte("— ")) {
			return i + len(end)
		}
		n = i + 1
	}
}
