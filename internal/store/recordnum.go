package store

import (
	"context"
	"fmt"
	"sync"

	"vaccin/internal/registry"
)

// Tables know a record by its number, everybody else by its identifier. A change comes soon after the record was
// read, so the numbers of those read last are remembered: the three statements of a change then look for a number in
// place of a text. A guard asks for both, so that it fails rather than touch another's record,
// should a database ever be put back to before a number was given.

const selectNumber = "SELECT num FROM record WHERE " + drawnID + " = $1"

// numbersKept is how many numbers a generation takes, of which there are two: some 10 MB.
const numbersKept = 32_768

// numbers remembers the numbers of records, those used last at least, but for what identifiers tell by themselves.
type numbers struct {
	mu         sync.Mutex
	young, old map[registry.RecordID]int64
}

// of is the number of a record, if it is remembered or told.
func (n *numbers) of(id registry.RecordID) (num int64, known bool) {
	if num, tells := toldNumber(id); tells {
		return num, true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if num, known = n.young[id]; known {
		return num, true
	}
	if num, known = n.old[id]; known {
		n.put(id, num)
	}
	return num, known
}

// keep remembers the number of a record.
func (n *numbers) keep(id registry.RecordID, num int64) {
	if _, tells := toldNumber(id); tells {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.put(id, num)
}

func (n *numbers) put(id registry.RecordID, num int64) {
	if _, known := n.young[id]; !known && len(n.young) >= numbersKept {
		n.old, n.young = n.young, nil
	}
	if n.young == nil {
		n.young = map[registry.RecordID]int64{}
	}
	n.young[id] = num
}

// numberOf is the number of a record, which is looked for unless it is remembered. Of a record that is not there the
// change was overtaken: whoever decided it reads again, and finds nothing.
func (s *Store) numberOf(ctx context.Context, id registry.RecordID) (int64, error) {
	if num, known := s.numbers.of(id); known {
		return num, nil
	}
	var found []int64
	err := s.engine.read(ctx, often(into(&found, func(n *int64) []any { return []any{n} }, selectNumber, string(id))))
	if err != nil {
		return 0, fmt.Errorf("finding a record: %w", err)
	}
	if len(found) == 0 {
		return 0, registry.ErrOvertaken
	}
	s.numbers.keep(id, found[0])
	return found[0], nil
}
