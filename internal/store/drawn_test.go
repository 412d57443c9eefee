package store

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/registry"
)

// A million codes as a run over a nation draws them, from the database's source of secrets: none twice, and no pattern.
func TestAMillionCodesHaveNoPattern(t *testing.T) {
	if testing.Short() {
		return
	}
	conn, err := pgx.Connect(t.Context(), databases.New(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	rows, err := conn.Query(t.Context(), "SELECT "+fmt.Sprintf(drawTarget, registry.CodeSpace-1)+
		" FROM (SELECT gen_random_uuid()::text AS u FROM generate_series(1, 1000000) OFFSET 0) AS drawn")
	if err != nil {
		t.Fatal(err)
	}
	codes, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range patterns(codes) {
		t.Error(pattern)
	}
	if n := len(codes); n != 1_000_000 || !registry.TargetCode(slices.Min(codes)).Valid() || !registry.TargetCode(slices.Max(codes)).Valid() {
		t.Errorf("%d codes from %d to %d", n, slices.Min(codes), slices.Max(codes))
	}
}

// What has a pattern is found to have one.
func TestPatternsAreFound(t *testing.T) {
	space := int64(registry.CodeSpace)
	for name, code := range map[string]func(i int64) int64{
		"numbered":              func(i int64) int64 { return i + 1 },
		"spread evenly":         func(i int64) int64 { return i*(space/100_000) + 1 },
		"a congruence":          func(i int64) int64 { return int64(uint64(i) * 0x9E3779B97F4A7C15 >> 15) },
		"50 bits cut off at 48": func(i int64) int64 { return int64(mix(i)) & (1<<48 - 1) },
		"one bit stuck":         func(i int64) int64 { return int64(mix(i))&(1<<62-1)%space | 1 },
		"a sign missing":        func(i int64) int64 { n := int64(mix(i)) & (1<<62 - 1) % space; return n - n%31 + n%30 },
		"the same again":        func(i int64) int64 { return int64(mix(i/2)) & (1<<62 - 1) % space },
	} {
		codes := make([]int64, 100_000)
		for i := range codes {
			codes[i] = code(int64(i))
		}
		if len(patterns(codes)) == 0 {
			t.Errorf("%s: no pattern is found", name)
		}
	}
	codes := make([]int64, 100_000)
	for i := range codes {
		codes[i] = int64(mix(int64(i))&(1<<62-1)) % space
	}
	if found := patterns(codes); len(found) > 0 {
		t.Errorf("a good mixture: %v", found)
	}
}

// mix is splitmix64.
func mix(i int64) uint64 {
	z := (uint64(i) + 1) * 0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// signsOfCode is how many signs a code has, and signBase how many there are. The lowBits of a number below 31¹⁰ are as often
// 0 as 1.
const (
	signsOfCode = 10
	signBase    = 31
	lowBits     = 32
)

// patterns says what chance would not have done to codes, one time in a hundred million: a code that is there twice, signs or
// bits that come more often than others, at a place, after one another, or after the same place of the code before, and codes that rise or fall.
func patterns(codes []int64) (found []string) {
	var at, next, after [signsOfCode][signBase * signBase]int
	var bits [lowBits][2]int
	rising := 0
	for i, code := range codes {
		signs := signsIn(code)
		before := signs
		if i > 0 {
			before = signsIn(codes[i-1])
			if code > codes[i-1] {
				rising++
			}
		}
		for bit := range bits {
			bits[bit][code>>bit&1]++
		}
		for place, sign := range signs {
			at[place][sign]++
			next[place][sign*signBase+signs[(place+1)%signsOfCode]]++
			after[place][sign*signBase+before[place]]++
		}
	}
	for place := range signsOfCode {
		found = append(found, uneven(fmt.Sprintf("signs at %d", place), at[place][:signBase])...)
		found = append(found, uneven(fmt.Sprintf("pairs of signs from %d", place), next[place][:])...)
		found = append(found, uneven(fmt.Sprintf("signs at %d after those of the code before", place), after[place][:])...)
	}
	for bit := range bits {
		found = append(found, uneven(fmt.Sprintf("bit %d", bit), bits[bit][:])...)
	}
	// Of n numbers in any order, rises are normally distributed about half of them with a variance of a twelfth.
	n := float64(len(codes))
	if z := (float64(rising) - (n-1)/2) / math.Sqrt((n+1)/12); math.Abs(z) > 6 {
		found = append(found, fmt.Sprintf("%d of %d codes are above the one before", rising, len(codes)))
	}
	sorted := slices.Sorted(slices.Values(codes))
	if twice := len(sorted) - len(slices.Compact(sorted)); twice > 1 { // one in 1,600 times, for a million codes
		found = append(found, fmt.Sprintf("%d codes are there twice", twice))
	}
	return found
}

func signsIn(code int64) (signs [signsOfCode]int) {
	for i := range signs {
		signs[i] = int(code % signBase)
		code /= signBase
	}
	return signs
}

// uneven says when counts are further from equal than chance has them, by chi square.
func uneven(of string, counts []int) []string {
	total := 0
	for _, n := range counts {
		total += n
	}
	want, chi := float64(total)/float64(len(counts)), 0.0
	for _, n := range counts {
		chi += (float64(n) - want) * (float64(n) - want) / want
	}
	// Wilson and Hilferty: the cube root is normally distributed.
	k := float64(len(counts) - 1)
	z := (math.Cbrt(chi/k) - (1 - 2/(9*k))) / math.Sqrt(2/(9*k))
	if math.Abs(z) > 6 {
		return []string{fmt.Sprintf("%s: %.0f, some %.0f by chance", of, chi, k)}
	}
	return nil
}
