package targeting

import (
	"bytes"
	"context"
)

// ReadPopulationInGrid reads a file whose parts are cut by a grid of another size.
func ReadPopulationInGrid(text []byte, grid int64) (*PopulationFile, error) {
	f := &PopulationFile{Name: "population.csv", Size: int64(len(text)), file: bytes.NewReader(text), size: grid}
	return f, f.examine(context.Background(), nil)
}

// ColumnNames are the columns of the format.
func ColumnNames() []string { return columnNames[:columns] }

// Ahead is how many parts are read, or being read, and not taken.
func (r *Reading) Ahead() int { return len(r.order) }
