package local

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"math/big"
	"strings"
	"sync"
)

const (
	codeDigits = 6
	// tries is how many wrong codes in a row close pairing until the program is started again: one chance in
	// 200,000 for who guesses.
	tries = 5
	// pagesPaired is how many pages stay paired: browsers of one computer. The oldest is forgotten first.
	pagesPaired = 8
)

// pairing knows which pages were told the code that the program shows. It lives as long as the program.
type pairing struct {
	show func(code string)

	mu     sync.Mutex
	code   string
	wrong  int
	tokens [][sha256.Size]byte // of the tokens; whoever looks at the memory finds none that serves
}

func newPairing(show func(string)) *pairing {
	p := &pairing{show: show}
	p.draw()
	return p
}

// draw replaces the code, which serves once.
func (p *pairing) draw() {
	limit := big.NewInt(1)
	for range codeDigits {
		limit.Mul(limit, big.NewInt(10))
	}
	n, err := rand.Int(rand.Reader, limit)
	if err != nil {
		panic(err) // never returned: crypto/rand ends the program itself where there is no randomness
	}
	p.code = fmt.Sprintf("%0*d", codeDigits, n)
	p.show(p.code[:codeDigits/2] + " " + p.code[codeDigits/2:])
}

// pair gives a token for the code shown, typed with or without spaces. closed says that no code will be
// taken any more.
func (p *pairing) pair(typed string) (token string, ok, closed bool) {
	typed = strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, typed)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wrong >= tries {
		return "", false, true
	}
	if subtle.ConstantTimeCompare([]byte(typed), []byte(p.code)) != 1 {
		p.wrong++
		return "", false, p.wrong >= tries
	}
	p.wrong = 0
	token = rand.Text()
	p.tokens = append(p.tokens, sha256.Sum256([]byte(token)))
	p.tokens = p.tokens[max(0, len(p.tokens)-pagesPaired):]
	p.draw()
	return token, true, false
}

// paired tells whether a token was given by this run of the program.
func (p *pairing) paired(token string) bool {
	sum := sha256.Sum256([]byte(token))
	p.mu.Lock()
	defer p.mu.Unlock()
	found := 0
	for _, known := range p.tokens {
		found |= subtle.ConstantTimeCompare(sum[:], known[:])
	}
	return found == 1
}
