package targeting

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"unicode/utf8"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// examine reads the whole file once: its header, its digest, where the lines of each part are, and whether it is UTF-8.
func (f *PopulationFile) examine(ctx context.Context, progress func(read, size int64)) error {
	if err := f.openHeader(); err != nil {
		return err
	}
	digest, found := sha256.New(), make([]glimpse, (f.Size+f.size-1)/f.size)
	ahead, spare := f.glance(0, make([]byte, f.size)), make([]byte, f.size)
	for i := range found {
		at := <-ahead
		if at.err != nil {
			return at.err
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("reading a population file: %w", err)
		}
		if i+1 < len(found) { // it is read and looked at beside the digest, which takes as long
			ahead, spare = f.glance(i+1, spare), at.block[:f.size]
		}
		digest.Write(at.block)
		found[i] = at.glimpse
		if progress != nil {
			progress(int64(i)*f.size+int64(len(at.block)), f.Size)
		}
	}
	f.Digest = hex.EncodeToString(digest.Sum(nil))
	if broken(found) {
		return invalid(otherEncoding)
	}
	f.place(found)
	if f.Lines == 0 {
		return invalid("Ce fichier n’a pas de ligne après son en-tête (%s).", title)
	}
	return nil
}

// glance is a square that was read, and what is seen of it.
type glance struct {
	glimpse
	block []byte
	err   error
}

// glance reads a square into that room, and looks at it meanwhile.
func (f *PopulationFile) glance(square int, room []byte) <-chan glance {
	done, from := make(chan glance, 1), int64(square)*f.size
	go func() {
		block := room[:min(f.size, f.Size-from)]
		if err := f.readAt(block, from); err != nil {
			done <- glance{err: err}
			return
		}
		done <- glance{glimpse: look(block), block: block}
	}()
	return done
}

// readAt fills a block, and says in French that the file became shorter.
func (f *PopulationFile) readAt(block []byte, from int64) error {
	n, err := f.file.ReadAt(block, from)
	switch {
	case n == len(block):
		return nil
	case errors.Is(err, io.EOF):
		return errChanged
	}
	return fmt.Errorf("reading a population file: %w", err)
}

var errChanged = invalid("Le fichier a changé pendant sa lecture. Attendez qu’il soit complet, puis recommencez.")

// glimpse is what is seen of a square of the grid alone.
type glimpse struct {
	first, last       int // where its first and last line breaks are; -1 for none
	breaks            int64
	crc               uint32
	valid             bool
	multibyte, faults int // of a square that is not valid: characters rightly written, and bytes that are not
}

func look(block []byte) glimpse {
	g := glimpse{
		first: bytes.IndexByte(block, '\n'), last: bytes.LastIndexByte(block, '\n'),
		breaks: int64(bytes.Count(block, []byte{'\n'})), crc: crc32.Checksum(block, castagnoli),
	}
	whole := wholeCharacters(block)
	if g.valid = utf8.Valid(whole); g.valid {
		return g
	}
	for i := 0; i < len(whole); {
		if whole[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(whole[i:])
		if r == utf8.RuneError && size == 1 {
			g.faults++
		} else {
			g.multibyte++
		}
		i += size
	}
	return g
}

// wholeCharacters leaves out the parts of characters that the two ends of a square cut. What is left out is looked at
// when its row is read.
func wholeCharacters(block []byte) []byte {
	start, end := 0, len(block)
	for start < min(len(block), utf8.UTFMax-1) && !utf8.RuneStart(block[start]) {
		start++
	}
	for back := 1; back < utf8.UTFMax && back <= end-start; back++ {
		if c := block[end-back]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(block[end-back:]) {
				end -= back
			}
			break
		}
	}
	return block[start:end]
}

// broken tells whether the file is in another encoding. French text in Windows-1252 hardly ever looks like UTF-8, and a
// UTF-8 file with some faults has far more characters that are right: its faulty rows are rejected.
func broken(found []glimpse) bool {
	multibyte, faults := 0, 0
	for _, g := range found {
		multibyte, faults = multibyte+g.multibyte, faults+g.faults
	}
	return faults > multibyte
}

// place tells each square which lines are its own: those that follow a line break of it, the header and what stands
// before it left out.
func (f *PopulationFile) place(found []glimpse) {
	f.squares = make([]square, len(found))
	line := int64(1)
	for i, g := range found {
		s := &f.squares[i]
		*s = square{from: int64(i)*f.size + int64(g.first) + 1, line: line + 1, lines: g.breaks, crc: g.crc, valid: g.valid}
		line += g.breaks
		if g.last >= 0 && int64(i)*f.size+int64(g.last)+1 == f.Size {
			s.lines-- // nothing follows the last line break of the file
		}
		if before := f.headerLine + 1 - s.line; before > 0 {
			s.line, s.lines = s.line+before, max(0, s.lines-before)
		}
		f.Lines += s.lines
	}
	end := f.Size
	for i := len(found) - 1; i >= 0; i-- { // they end where those of the next square that has any start
		s := &f.squares[i]
		if s.to = end; s.lines == 0 {
			s.from = end
		}
		s.from = max(s.from, min(f.start, end))
		end = s.from
	}
}
