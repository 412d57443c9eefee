package demo

// insuredNumber is a NIR with its key as it stands in a file; the first byte is zero when there is none.
type insuredNumber [15]byte

func (n *insuredNumber) isZero() bool { return n[0] == 0 }

// insuredNumbers gives the NIRs of a country, as numbers does: those of one sex, year, month and place follow one another
// by a step that hides it. Its counts are a table, for the tens of millions of a country.
type insuredNumbers struct {
	places map[string]int // by department of birth
	given  []uint32
}

// monthsOfNumbers are the months of a NIR: each of the calendar, and those that stand for an unknown one once all
// numbers of a month are given.
var monthsOfNumbers = [...]int{0, 30, 50, 70, 84}

func newInsuredNumbers() *insuredNumbers {
	n := &insuredNumbers{places: map[string]int{}}
	codes := []string{"20"} // of all Corsica, once
	for _, d := range departments {
		codes = append(codes, d.code)
	}
	for i, code := range codes {
		n.places[code] = i
	}
	n.given = make([]uint32, (len(codes)+len(origins))*2*100*12)
	return n
}

// number gives a person a NIR of their own.
func (f *insuredFile) number(p *insuredPerson) (number insuredNumber) {
	place, code, country := 0, "99", 0
	if p.from == nil {
		code = f.left.code
		if p.year < 1976 && len(code) == 2 {
			code = departmentAtBirth(code, p.year)
		}
		place = f.numbers.places[code]
	} else {
		country = p.from.country
		place = len(f.numbers.places)
		for i := range origins {
			if &origins[i] == p.from {
				place += i
			}
		}
	}
	first := 1
	if p.female {
		first = 2
	}
	cell := ((place*2+first-1)*100+p.year%100)*12 + p.month - 1
	count := int(f.numbers.given[cell])
	f.numbers.given[cell]++
	born := birthplace{code, country}
	orders, towns := ordersOf(born), communes(born)
	all := orders * towns
	at := (count%all*step + cell*7) % all
	month := p.month + monthsOfNumbers[min(count/all, len(monthsOfNumbers)-1)]
	commune, order := 1+at/orders, 1+at%orders
	switch {
	case country > 0:
		commune = country
	case code == "75":
		commune += 100 // the arrondissements
	}
	text := append(number[:0], byte('0'+first))
	text = appendDigits(text, p.year%100, 2)
	text = appendDigits(text, month, 2)
	text = append(text, code...)
	text = appendDigits(text, commune, 5-len(code))
	text = appendDigits(text, order, 3)
	appendDigits(text, 97-keyRemainder(text), 2)
	return number
}

// keyRemainder is the number modulo 97, with 2A read as 19 and 2B as 18.
func keyRemainder(text []byte) int {
	value := 0
	for i, c := range text {
		switch {
		case c == 'A' || c == 'B':
			value = 10*value + int('A'+9-c)
		case i == 5 && text[6] >= 'A':
			value = 10*value + 1
		default:
			value = 10*value + int(c-'0')
		}
	}
	return value % 97
}

// appendDigits writes a number with so many digits.
func appendDigits(to []byte, n, width int) []byte {
	to = append(to, "000000000000"[:width]...)
	for i := len(to) - 1; i >= len(to)-width; i-- {
		to[i], n = byte('0'+n%10), n/10
	}
	return to
}
