package document

import "fmt"

// Two barcodes stand on a letter, and both type the same text, the code without its dashes:
//
//   - Code 128, one line of bars, because any scanner that types what it reads (a «keyboard wedge») reads it, the
//     oldest laser as well as a camera; it is tall, so that a crease or a stain leaves a height to read at;
//   - DataMatrix, as on the summary, because cameras read it at once and in any direction, and because it
//     corrects what a fold, a stain or a bad print took away.

// code128Patterns are the widths, in modules, of three bars and the three spaces after them, by value (ISO/IEC
// 15417). The stop sign has one more bar.
const code128Patterns = "" +
	"212222222122222221121223121322131222122213122312132212221213" +
	"221312231212112232122132122231113222123122123221223211221132" +
	"221231213212223112312131311222321122321221312212322112322211" +
	"212123212321232121111323131123131321112313132113132311211313" +
	"231113231311112133112331132131113123113321133121313121211331" +
	"231131213113213311213131311123311321331121312113312311332111" +
	"314111221411431111111224111422121124121421141122141221112214" +
	"112412122114122411142112142211241211221114413111241112134111" +
	"111242121142121241114212124112124211411212421112421211212141" +
	"214121412121111143111341131141114113114311411113411311113141" +
	"114131311141411131211412211214211232" + "2331112"

const (
	code128StartB = 104 // the set of capitals, small letters and digits
	code128Stop   = 106
	code128Quiet  = 10 // modules left blank on each side
)

// bar is a bar of a line of bars: where it starts and how wide it is, in modules.
type bar struct{ x, width int }

// code128 is a line of bars.
type code128 struct {
	bars    []bar
	modules int // of all, the quiet zones left out
}

// add appends the bars of the sign of that value.
func (c *code128) add(value int) {
	pattern := code128Patterns[6*value:]
	if value < code128Stop {
		pattern = pattern[:6]
	}
	for i := range len(pattern) {
		width := int(pattern[i] - '0')
		if i%2 == 0 {
			c.bars = append(c.bars, bar{c.modules, width})
		}
		c.modules += width
	}
}

// encode128 writes content, ASCII text, in the set B of Code 128.
func encode128(content string) (code128, error) {
	if content == "" || len(content) > maxCodeLength {
		return code128{}, fmt.Errorf("%w: %d characters", errBarcode, len(content))
	}
	c := code128{bars: make([]bar, 0, 3*len(content)+10)}
	c.add(code128StartB)
	sum := code128StartB
	for i := range len(content) {
		if content[i] < ' ' || content[i] > '~' {
			return code128{}, fmt.Errorf("%w: a character out of range", errBarcode)
		}
		value := int(content[i] - ' ')
		sum += (i + 1) * value
		c.add(value)
	}
	c.add(sum % 103)
	c.add(code128Stop)
	return c, nil
}

// bars fills the bars of a code, each module that wide.
func (c *canvas) bars(code code128, x, y, module, height float64) {
	c.grid(x, y+height, module, height, func() {
		for _, b := range code.bars {
			c.cells(b.x, 0, b.width)
		}
	})
}
