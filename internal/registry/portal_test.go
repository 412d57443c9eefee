package registry

import (
	"strings"
	"testing"
)

func TestLoginsAreFolded(t *testing.T) {
	for typed, want := range map[string]string{" H.Marchand ": "h.marchand", "a_b-c@exemple.fr": "a_b-c@exemple.fr", "007": "007"} {
		if got, err := FoldLogin(typed); err != nil || got != want {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"", "ab", ".abc", "a b c", "hélène", "abc\x00", "abc\ndef", "ABC<script>", strings.Repeat("a", 65), "\xff\xff\xff", "269054958815780"} {
		if got, err := FoldLogin(typed); KindOf(err) != KindInvalid || got != "" {
			t.Errorf("%q is taken as %q", typed, got)
		}
	}
}

func FuzzFoldLogin(f *testing.F) {
	for _, seed := range []string{"h.marchand", " A_B@C ", "é", "\x00", "ſtraße", "K.elvin"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		login, err := FoldLogin(typed)
		if err != nil {
			return
		}
		if again, err := FoldLogin(login); err != nil || again != login {
			t.Errorf("%q folds to %q, then to %q", typed, login, again)
		}
		if len(login) > 64 || strings.Trim(login, "abcdefghijklmnopqrstuvwxyz0123456789._@-") != "" {
			t.Errorf("%q folds to %q", typed, login)
		}
	})
}

func TestAPortalAccountIsOfAPractitioner(t *testing.T) {
	a, err := NewPortalAccount("H.Marchand", "899700810379", " Hélène ", "MARCHAND")
	if want := (PortalAccount{Login: "h.marchand", NationalID: "899700810379", GivenName: "Hélène", FamilyName: "MARCHAND"}); err != nil || a != want {
		t.Errorf("%+v, %v", a, err)
	}
	for name, args := range map[string][4]string{
		"a wrong key": {"abc", "899700810370", "A", "B"}, "short": {"abc", "8997008103", "A", "B"}, "neither": {"abc", "199700810379", "A", "B"},
		"ADELI too long": {"abc", "01234567890", "A", "B"}, "no number": {"abc", "", "A", "B"}, "no given name": {"abc", "0123456789", "", "B"},
		"no family name": {"abc", "0123456789", "A", " "}, "no login": {"", "0123456789", "A", "B"}, "signs": {"abc", "0123456789", "A<b>", "B"},
	} {
		if a, err := NewPortalAccount(args[0], args[1], args[2], args[3]); KindOf(err) != KindInvalid {
			t.Errorf("%s: taken as %+v, %v", name, a, err)
		}
	}
}
