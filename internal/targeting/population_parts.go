package targeting

import (
	"context"
	"fmt"
	"hash/crc32"
	"iter"
	"sync"

	"vaccin/internal/registry"
)

// ReadOptions say how rows are read.
type ReadOptions struct {
	Today   registry.Date // no birth and no death comes after it
	From    int           // number of the first part wanted: 0, or the one after the last that was imported
	Workers int           // parts read at the same time; 1 at least
}

// Read yields the parts of the file from the one asked for on, in the order of the file, while those that follow are
// being read. It ends after its first error. So many parts are in memory as there are workers, and two more.
func (f *PopulationFile) Read(ctx context.Context, o ReadOptions) iter.Seq2[Part, error] {
	return func(yield func(Part, error) bool) { f.Start(ctx, o).Parts(ctx)(yield) }
}

// Reading is a file of which parts are being read, before anybody asks for them.
type Reading struct {
	stopped func() error
	cancel  context.CancelFunc
	work    sync.WaitGroup
	order   chan chan outcome
}

// Start begins what Read does, and does not wait for who takes the parts. The caller takes them or stops it.
func (f *PopulationFile) Start(ctx context.Context, o ReadOptions) *Reading {
	ctx, cancel := context.WithCancel(ctx)
	tasks, reading := make(chan task), &Reading{stopped: ctx.Err, cancel: cancel, order: make(chan chan outcome, max(1, o.Workers))}
	reading.work.Go(func() {
		defer close(reading.order)
		defer close(tasks)
		f.assign(ctx, o.From, tasks, reading.order)
	})
	for range max(1, o.Workers) {
		reading.work.Go(func() {
			r := f.reader(o.Today)
			for t := range tasks {
				part, err := r.read(t.number)
				t.done <- outcome{part, err}
			}
		})
	}
	return reading
}

// Parts yields, once, the parts that are read, and stops the reading. It ends after its first error.
func (r *Reading) Parts(ctx context.Context) iter.Seq2[Part, error] {
	return func(yield func(Part, error) bool) {
		defer r.Stop()
		for done := range r.order {
			o := <-done
			if err := ctx.Err(); err != nil && o.err == nil {
				o = outcome{err: fmt.Errorf("reading a population file: %w", err)}
			}
			if !yield(o.part, o.err) || o.err != nil {
				return
			}
		}
		if err := r.stopped(); err != nil {
			yield(Part{}, fmt.Errorf("reading a population file: %w", err))
		}
	}
}

// Stop ends the reading, and returns once nobody reads the file, which its owner may then close.
func (r *Reading) Stop() {
	r.cancel()
	r.work.Wait()
}

// task is a part to be read, and where it goes.
type task struct {
	number int
	done   chan outcome
}

type outcome struct {
	part Part
	err  error
}

// assign gives out the parts one by one. What is in order has a worker, so that whoever takes it may wait for it.
func (f *PopulationFile) assign(ctx context.Context, from int, tasks chan<- task, order chan<- chan outcome) {
	for number := max(0, from); number < len(f.squares); number++ {
		done := make(chan outcome, 1)
		select {
		case tasks <- task{number, done}:
		case <-ctx.Done():
			return
		}
		select {
		case order <- done:
		case <-ctx.Done():
			return
		}
	}
}

// partReader reads parts, one at a time.
type partReader struct {
	file   *PopulationFile
	buffer []byte
	rows   rowReader
}

func (f *PopulationFile) reader(today registry.Date) *partReader {
	return &partReader{file: f, rows: newRowReader(f.layout, today)}
}

// read makes rows of the lines of a part.
func (r *partReader) read(number int) (Part, error) {
	s := r.file.squares[number]
	part := Part{Number: number, From: s.from, To: s.to, Line: s.line, Lines: s.lines}
	text, err := r.load(number)
	if err != nil {
		return Part{}, err
	}
	r.rows.valid = s.valid
	var room []Row
	if released, ok := r.file.rooms.Get().(*[]Row); ok {
		room = *released
	}
	r.rows.readAll(&part, text, room)
	return part, nil
}

// load returns the text of a part, after it has checked that its square is still what it was. Of a last line that is
// far too long it returns as much as shows that it is.
func (r *partReader) load(number int) (string, error) {
	f, s := r.file, r.file.squares[number]
	from := int64(number) * f.size
	end := min(from+f.size, f.Size)
	last := max(end, min(s.to, end+maxLine+1))
	if need := last - from; int64(cap(r.buffer)) < need {
		r.buffer = make([]byte, need)
	}
	block := r.buffer[:last-from]
	if err := f.readAt(block, from); err != nil {
		return "", err
	}
	if crc32.Checksum(block[:end-from], castagnoli) != s.crc {
		return "", errChanged
	}
	if s.lines == 0 {
		return "", nil
	}
	return string(block[s.from-from:]), nil
}
