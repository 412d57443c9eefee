package web

import "testing"

func TestWhatTwoRecordsSayIsCompared(t *testing.T) {
	for _, c := range []struct {
		row  matchRow
		want string
	}{
		{matchRow{"", "", "", true}, "Non renseigné des deux côtés"},
		{matchRow{"", "a", "", false}, "Non renseigné d’un côté"},
		{matchRow{"", "", "a", false}, "Non renseigné d’un côté"},
		{matchRow{"", "a", "A", true}, "Identique"},
		{matchRow{"", "a", "b", false}, "Différent"},
	} {
		if got := c.row.comparison(); got != c.want {
			t.Errorf("%q and %q: %s", c.row.file, c.row.other, got)
		}
	}
	for text, want := range map[string]string{"": "non renseigné", "a": "a"} {
		if got := orNone(text); got != want {
			t.Errorf("%q is shown as %q", text, got)
		}
	}
}
