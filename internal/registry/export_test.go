package registry

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
)

// WithoutEachCondition calls run once for each condition of the policy, while that condition alone is
// taken out of its row.
func WithoutEachCondition(run func(row string)) {
	without := func(row string, conditions []condition, put func([]condition)) {
		for i, c := range conditions {
			put(slices.Delete(slices.Clone(conditions), i, i+1))
			run(row + " without " + conditionName(c))
			put(conditions)
		}
	}
	for v, byRole := range rules {
		for role, conditions := range byRole {
			without(fmt.Sprintf("%v by %s", v, role), conditions, func(c []condition) { byRole[role] = c })
		}
	}
	without("search", practising, func(c []condition) { practising = c })
	without("search by support", assisting, func(c []condition) { assisting = c })
}

func conditionName(c condition) string {
	name := runtime.FuncForPC(reflect.ValueOf(c).Pointer()).Name()
	return name[strings.LastIndexByte(name, '.')+1:]
}

// ApplyChange is what the domain says a change makes of a record.
func ApplyChange(r Record, c Change) Record { return apply(r, c) }

// Exported for tests of texts.
var (
	CleanText  = cleanText
	PersonName = personName
	Luhn       = luhn
	Phone      = decidePhone
)
