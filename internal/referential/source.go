package referential

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Encoding is how a file's characters are written.
type Encoding string

// The encodings of the official files over the years.
const (
	UTF8        Encoding = "UTF-8"
	Windows1252 Encoding = "Windows-1252"
)

// Limits on what a file may hold, far above the real ones: they bound memory, not use.
const (
	maxFile   = 1 << 30 // bytes
	maxLine   = 64 << 10
	maxRows   = 2_000_000
	joinLines = 50 // most lines of one row, whose quoted cell holds line breaks
)

const byteOrderMark = "\xEF\xBB\xBF"

// Source is a text file to import. NewSource reads it once, to know its digest and encoding before
// anything is interpreted, and readers read it again.
type Source struct {
	Name     string
	Digest   string // SHA-256 of the bytes, in hexadecimal
	Encoding Encoding
	Size     int64                // in bytes
	OnRead   func(position int64) // told how far the reading is, in bytes; may be nil

	file io.ReadSeeker
	rows int // most rows that are read
}

// Open opens a file to import. The caller closes it. That there is no such file, or that it may not be
// read, is said in French, for it is the operator who named it.
func Open(path string) (*Source, error) {
	about, err := os.Stat(path) // before it is opened: to open a named pipe waits for who writes to it, deaf to signals
	switch {
	case err == nil && about.IsDir():
		return nil, invalid("« %s » est un dossier : indiquez un fichier.", path)
	case err == nil && !about.Mode().IsRegular():
		return nil, invalid("« %s » n’est pas un fichier ordinaire : indiquez un fichier enregistré sur un disque.", path)
	}
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, invalid("Le fichier « %s » n’existe pas. Vérifiez son nom et son dossier.", path)
	case errors.Is(err, fs.ErrPermission):
		return nil, invalid("Le fichier « %s » ne peut pas être lu : vous n’en avez pas le droit.", path)
	case err != nil:
		return nil, fmt.Errorf("opening a file to import: %w", err)
	}
	s, err := NewSource(filepath.Base(path), f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return s, nil
}

// NewSource looks at a file. It refuses what is no text (an archive, a workbook), UTF-16, and files
// over a gigabyte.
func NewSource(name string, file io.ReadSeeker) (*Source, error) {
	s := &Source{Name: name, file: file, rows: maxRows}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("reading a file to import: %w", err)
	}
	digest := sha256.New()
	clues := &clues{}
	size, err := io.Copy(io.MultiWriter(digest, clues), io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading a file to import: %w", err)
	}
	s.Size, s.Digest = size, hex.EncodeToString(digest.Sum(nil))
	if size > maxFile {
		return nil, invalid("Ce fichier dépasse un gigaoctet : ce n’est pas un fichier de référence.")
	}
	s.Encoding, err = clues.encoding()
	return s, err
}

// Close closes the file.
func (s *Source) Close() error {
	if c, ok := s.file.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// clues gathers, as bytes go by, what tells encodings apart.
type clues struct {
	start     []byte
	pending   []byte // a character cut by the end of a block
	zeros     bool
	multibyte int // characters of two bytes or more, rightly written in UTF-8
	broken    int // bytes that UTF-8 does not have there
}

func (c *clues) Write(block []byte) (int, error) {
	if len(c.start) < 4 {
		c.start = append(c.start, block[:min(4, len(block))]...)
	}
	c.zeros = c.zeros || bytes.IndexByte(block, 0) >= 0
	rest := append(c.pending, block...) //nolint:gocritic // pending is at most three bytes, and replaced below
	for len(rest) > 0 {
		if rest[0] < utf8.RuneSelf {
			rest = rest[1:]
			continue
		}
		if !utf8.FullRune(rest) {
			break
		}
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 {
			c.broken++
		} else {
			c.multibyte++
		}
		rest = rest[n:]
	}
	c.pending = bytes.Clone(rest)
	return len(block), nil
}

// encoding tells UTF-8 from Windows-1252. A UTF-8 file with a few broken bytes stays UTF-8, and the
// rows that have them are refused; French text in Windows-1252 hardly ever looks like UTF-8.
func (c *clues) encoding() (Encoding, error) {
	switch {
	case bytes.HasPrefix(c.start, []byte{0xFF, 0xFE}), bytes.HasPrefix(c.start, []byte{0xFE, 0xFF}):
		return "", invalid("Ce fichier est en UTF-16. Enregistrez-le en UTF-8, puis recommencez.")
	case bytes.HasPrefix(c.start, []byte("PK")):
		return "", invalid("Ce fichier est une archive ou un classeur. Extrayez-en le fichier de texte, puis recommencez.")
	case c.zeros:
		return "", invalid("Ce fichier n’est pas un fichier texte.")
	case c.broken+len(c.pending) > c.multibyte:
		return Windows1252, nil
	}
	return UTF8, nil
}

// lines reads a source line by line.
type lines struct {
	source *Source
	in     *bufio.Reader
	number int   // of the last line returned, from 1
	read   int64 // bytes
	queue  []line
}

type line struct {
	number  int
	text    string
	tooLong bool
}

func (s *Source) lines() (*lines, error) {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("reading a file to import: %w", err)
	}
	in := bufio.NewReaderSize(io.LimitReader(s.file, maxFile), maxLine)
	for { // some programs write one byte order mark more, which nobody sees
		if mark, err := in.Peek(len(byteOrderMark)); err != nil || string(mark) != byteOrderMark {
			break
		}
		if _, err := in.Discard(len(byteOrderMark)); err != nil {
			return nil, fmt.Errorf("reading a file to import: %w", err)
		}
	}
	return &lines{source: s, in: in}, nil
}

// next returns the next line without its end, or io.EOF. Of a line that is too long it returns the
// number only.
func (l *lines) next() (line, error) {
	if len(l.queue) > 0 {
		first := l.queue[0]
		l.queue = l.queue[1:]
		return first, nil
	}
	raw, err := l.in.ReadSlice('\n')
	l.read += int64(len(raw))
	tooLong := false
	for errors.Is(err, bufio.ErrBufferFull) {
		tooLong = true
		raw, err = l.in.ReadSlice('\n')
		l.read += int64(len(raw))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return line{}, fmt.Errorf("reading a file to import: %w", err)
	}
	if len(raw) == 0 && err != nil && !tooLong {
		return line{}, io.EOF
	}
	l.number++
	if l.source.OnRead != nil && l.number%512 == 0 {
		l.source.OnRead(l.read)
	}
	if tooLong {
		return line{number: l.number, tooLong: true}, nil
	}
	text, err := l.source.Encoding.decode(bytes.TrimRight(raw, "\r\n"))
	return line{number: l.number, text: text}, err
}

// back puts lines back before those to come.
func (l *lines) back(ls []line) { l.queue = append(ls, l.queue...) }

func (e Encoding) decode(raw []byte) (string, error) {
	if e != Windows1252 {
		return string(raw), nil
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(raw)
	if err != nil {
		return "", fmt.Errorf("decoding Windows-1252: %w", err)
	}
	return string(text), nil
}
