package store

import (
	"crypto/rand"
	"strings"
	"testing"

	"vaccin/internal/registry"
)

func TestAnIdentifierTellsItsNumber(t *testing.T) {
	nums := []int64{0, 1, 2, 255, 256, 67_000_000, maxTold}
	ids, err := tellingIDs(rand.Reader, func(i int) int64 { return nums[i] }, len(nums))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, want := range nums {
		id := ids[i*tellingLength : (i+1)*tellingLength]
		if got, tells := toldNumber(registry.RecordID(id)); got != want || !tells {
			t.Errorf("%s tells %d, %v; want %d", id, got, tells, want)
		}
		if seen[id[:2*toldBytes]] {
			t.Errorf("%s begins as another does", id)
		}
		seen[id[:2*toldBytes]] = true
	}
	if _, err := tellingIDs(rand.Reader, func(int) int64 { return maxTold + 1 }, 1); err == nil {
		t.Error("a number is told for which there is no room")
	}
	drawn, err := drawnIDs(rand.Reader, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"", "a", drawn, strings.Repeat("g", tellingLength), strings.Repeat("é", tellingLength/2), ids[:tellingLength] + "00"} {
		if num, tells := toldNumber(registry.RecordID(other)); tells {
			t.Errorf("%q tells %d", other, num)
		}
	}
}

func FuzzToldNumber(f *testing.F) {
	f.Add("00000000010000000000000000")
	f.Add(strings.Repeat("f", tellingLength))
	f.Add("é")
	f.Fuzz(func(t *testing.T, id string) {
		if num, tells := toldNumber(registry.RecordID(id)); num < 0 || num > maxTold || tells && len(id) != tellingLength {
			t.Errorf("%q tells %d, %v", id, num, tells)
		}
	})
}
