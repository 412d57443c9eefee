// Package targeting reads the file of the insured persons whom campaigns concern, row by row and by the tens of millions.
// It knows no database and no page: it hands over values of the domain, and whoever imports them writes them. Runs of
// campaigns are in package registry (run.go), and letters in package document.
package targeting

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"vaccin/internal/registry"
)

// PartSize is the size in bytes of the grid that cuts a population file into parts. Part n has the lines of which the
// line break before stands in the n-th square of the grid, so that the parts of a file are the same wherever its
// reading starts. Who keeps the number of a part to resume from keeps this size with it: another size makes other parts.
const PartSize = 2 << 20

// maxLine is the most bytes of a line. A real one has some hundreds.
const maxLine = 64 << 10

// PopulationFile is a file of insured persons (docs/formats/population.md). OpenPopulation reads it once, to know its
// digest and where its lines are; Read reads it again and makes rows of it.
type PopulationFile struct {
	Name    string
	Size    int64    // in bytes
	Digest  string   // SHA-256 of the bytes, in hexadecimal: by it a resumed import knows the file again
	Lines   int64    // lines that follow the header, blank ones included
	Columns []string // columns of the format that the file has, in the order of the format
	Absent  []string // those that it does without
	Ignored []string // its columns that the format does not know

	file       io.ReaderAt
	layout     layout
	start      int64 // where the first line after the header starts
	headerLine int64 // number of the header's own line, from 1
	squares    []square
	size       int64     // of a square; PartSize but in tests
	rooms      sync.Pool // for the rows of a part
}

// square is what the first reading knows about one square of the grid.
type square struct {
	from, to int64 // the lines that belong to it
	line     int64 // number of the first of them
	lines    int64
	crc      uint32 // of all its bytes, by which a file that changes between two readings is noticed
	valid    bool   // UTF-8 without a fault
}

// Part is a run of whole lines, what became of them, and where it stands in the file.
type Part struct {
	Number   int
	From, To int64 // bytes, To not included
	Line     int64 // number of its first line, the header being 1
	Lines    int64
	Read     int // rows, without blank lines: those accepted and those rejected
	Rows     []Row
	Rejected []Remark // one for each row that is not taken
	Warned   []Remark // what to check in rows that are taken
}

// Row is a row that is taken. Its texts share the memory of its part: what outlives the part is to be cloned.
type Row = registry.InsuredRow

// Release says that the rows are not used any more: their room serves another part.
func (f *PopulationFile) Release(part Part) {
	clear(part.Rows) // so that it holds no text
	room := part.Rows[:0]
	f.rooms.Put(&room)
}

// Remark is what was found about a row. It never quotes the row.
type Remark struct {
	Line   int64  // in the file, from 1
	Column string // as the format names it; empty when the row as a whole is meant
	Reason string // in French
}

// Parts is the number of parts of the file. Some may have no line.
func (f *PopulationFile) Parts() int { return len(f.squares) }

// LastLine is the number of the last line of the file.
func (f *PopulationFile) LastLine() int64 { return f.headerLine + f.Lines }

// OpenPopulation opens a population file and reads it once, at the speed of the disk; progress, which may be nil, is
// told how many bytes are read. The caller closes it. What is wrong with the file as a whole is said in French
// (registry.KindInvalid), for it is the operator who named it.
func OpenPopulation(ctx context.Context, path string, progress func(read, size int64)) (*PopulationFile, error) {
	about, err := os.Stat(path) // before it is opened: to open a named pipe waits for who writes to it, deaf to signals
	if err == nil && !about.Mode().IsRegular() {
		return nil, invalid("« %s » n’est pas un fichier ordinaire : indiquez un fichier CSV.", path)
	}
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, invalid("Le fichier « %s » n’existe pas. Vérifiez son nom et son dossier.", path)
	case errors.Is(err, fs.ErrPermission):
		return nil, invalid("Le fichier « %s » ne peut pas être lu : vous n’en avez pas le droit.", path)
	case err != nil:
		return nil, fmt.Errorf("opening a population file: %w", err)
	}
	if about, err = file.Stat(); err != nil {
		return nil, errors.Join(fmt.Errorf("opening a population file: %w", err), file.Close())
	}
	f, err := ReadPopulation(ctx, filepath.Base(path), file, about.Size(), progress)
	if err == nil {
		if about, err = file.Stat(); err == nil && about.Size() != f.Size { // it is being copied: its last rows are to come
			err = errChanged
		}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return f, nil
}

// ReadPopulation does what OpenPopulation does with what is open already.
func ReadPopulation(ctx context.Context, name string, file io.ReaderAt, size int64, progress func(read, size int64)) (*PopulationFile, error) {
	f := &PopulationFile{Name: name, Size: size, file: file, size: PartSize}
	if err := f.examine(ctx, progress); err != nil {
		return nil, err
	}
	return f, nil
}

// Close closes the file.
func (f *PopulationFile) Close() error {
	if c, ok := f.file.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

func invalid(format string, args ...any) error { return registry.Invalid(fmt.Sprintf(format, args...)) }
