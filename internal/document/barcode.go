package document

import (
	"errors"
	"fmt"
	"image/color"

	"github.com/boombuler/barcode/datamatrix"
)

// errBarcode says that a code cannot be printed as a barcode. It never holds the
// code itself, for errors end in logs.
var errBarcode = errors.New("document: the code cannot be written as a barcode")

// run is a horizontal run of dark modules of a barcode.
type run struct{ x, y, length int }

// symbol is a barcode as the rectangles to fill, in modules from its top left.
type symbol struct {
	size int // modules on each side
	runs []run
}

// maxCodeLength keeps a module of the printed symbol larger than half a
// millimetre, which any scanner and any printer can do.
const maxCodeLength = 40

// encodeSymbol writes content, ASCII text, as a DataMatrix (ECC 200).
func encodeSymbol(content string) (symbol, error) {
	if content == "" || len(content) > maxCodeLength {
		return symbol{}, fmt.Errorf("%w: %d characters", errBarcode, len(content))
	}
	for i := range len(content) {
		// The encoder's extended range is wrong; codes never need it.
		if content[i] < ' ' || content[i] > '~' {
			return symbol{}, fmt.Errorf("%w: a character out of range", errBarcode)
		}
	}
	code, err := datamatrix.Encode(content)
	if err != nil {
		return symbol{}, errBarcode // the library's text may quote the content
	}
	result := symbol{size: code.Bounds().Dx()}
	for y := range result.size {
		for x := 0; x < result.size; x++ {
			start := x
			for x < result.size && code.At(x, y) == color.Black {
				x++
			}
			if x > start {
				result.runs = append(result.runs, run{x: start, y: y, length: x - start})
			}
		}
	}
	return result, nil
}
