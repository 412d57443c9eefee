package web

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/registry"
)

// Whoever is of no known age or department is counted in a line of their own, or the lines would not add up.
func TestFollowUpCountsThoseOfWhomLittleIsKnown(t *testing.T) {
	reached := func(n int) registry.Reached { return registry.Reached{Targeted: n, First: 1} }
	var v followUpView
	v.fill([]registry.FollowUp{{Run: 1, Counts: []registry.FollowUpCount{
		{Department: "01", Age: 0, Reached: reached(2)}, {Department: "", Age: -1, Reached: reached(3)}, {Department: "2A", Age: -1, Reached: reached(4)},
	}}})
	said := func(lines []reachedLine) (all [][2]string) {
		for _, l := range lines {
			all = append(all, [2]string{l.name, l.reached[0] + ", " + l.reached[2]})
		}
		return all
	}
	if diff := cmp.Diff([][2]string{{"Moins de 5\u00a0ans", "2, 1\u00a0(50\u00a0%)"}, {"Âge inconnu", "7, 2\u00a0(28\u00a0%)"}}, said(v.ages)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][2]string{
		{"01\u00a0– Ain", "2, 1\u00a0(50\u00a0%)"}, {"2A\u00a0– Corse-du-Sud", "4, 1\u00a0(25\u00a0%)"}, {"Département inconnu", "3, 1\u00a0(33\u00a0%)"},
	}, said(v.departments)); diff != "" {
		t.Error(diff)
	}
	if v.total[2].Value != "3\u00a0(33\u00a0%)" {
		t.Errorf("in all %+v", v.total)
	}
}

func TestAShareOfSomeIsNeverSaidToBeNone(t *testing.T) {
	for want, c := range map[string]struct{ n, all int }{
		"0 %": {0, 43_424}, "< 1 %": {3, 43_424}, "1 %": {1, 100}, "99 %": {43_423, 43_424}, "100 %": {7, 7},
	} {
		if got := strings.ReplaceAll(shareOf(c.n, c.all), nbsp, " "); got != want {
			t.Errorf("%d of %d is %q, not %q", c.n, c.all, got, want)
		}
	}
}
