package ui

import (
	"context"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
)

func rendered(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const attack = `"><script>alert('x')</script>&amp;`

func TestNothingTypedBecomesMarkup(t *testing.T) {
	f := Form{
		Values: url.Values{"lot": {attack}}, Message: attack, Errors: []FieldError{{"lot", attack, attack}},
		Questions: []Question{{Code: attack, Field: "lot", Message: attack}},
	}
	page := Page{
		Title: attack, Form: f, Notice: attack, Session: &Session{Person: attack, Place: attack},
		Patient: &Patient{Name: attack, BirthDate: attack, Sex: attack, Code: attack},
		Steps:   []StepTab{{Label: attack, State: attack, Address: "/x"}}, Assets: func(name string) string { return "/assets/" + name },
	}
	for name, c := range map[string]templ.Component{
		"layout": Layout(page), "text": TextField(f, Input{Name: "lot", Label: attack, Hint: attack}),
		"select":  SelectField(f, Select{Name: "lot", Label: attack, Choices: []Choice{{attack, attack, ""}}}),
		"radios":  RadioField(f, Radios{Name: "lot", Legend: attack, Choices: []Choice{{attack, attack, attack}}}),
		"choices": Choices("lot", attack, []string{attack}), "hidden": Hidden("lot", attack),
		"rows": SummaryRows([]Row{{attack, attack, attack}}), "code": Code(attack, attack), "status": Status("done", attack),
	} {
		if html := rendered(t, c); strings.Contains(html, "<script>alert") || !strings.Contains(html, "&lt;script&gt;") {
			t.Errorf("%s: %s", name, html)
		}
	}
}

func TestWhatDescribesAField(t *testing.T) {
	f := Form{
		Errors:    []FieldError{{"a", "faux", ""}, {"a", "encore", "A"}},
		Questions: []Question{{Code: "1", Field: "b"}, {Code: "2", Field: "b"}},
	}
	for _, tt := range []struct{ name, hint, want string }{
		{"a", "", "a-error"}, {"a", "x", "a-hint a-error"}, {"b", "", "b-question"}, {"b", "x", "b-hint b-question"}, {"c", "", ""},
	} {
		if got := f.described(tt.name, tt.hint); got != tt.want {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
	if f.Error("a") != "faux" || f.Error("b") != "" {
		t.Error("errors are not those of the field")
	}
}

func TestAnswersAreCarriedOnce(t *testing.T) {
	f := Form{Values: url.Values{Confirmed: {"lot:A", "age:12", "lot:A"}}, Questions: []Question{{Code: "age:12", Field: "vaccine"}}}
	if diff := cmp.Diff([]string{"lot:A"}, f.answered()); diff != "" {
		t.Error(diff)
	}
}

func TestUnreadableValuesAreMarked(t *testing.T) {
	f := Form{Values: url.Values{"x": {"a\x00b\xffc\nd é"}}}
	if got := f.Value("x"); got != "a\uFFFDb\uFFFDc\uFFFDd é" {
		t.Errorf("%q", got)
	}
}

func TestIdentifiersHoldWhatIdentifiersMay(t *testing.T) {
	q := Question{Code: "unknown-lot:COMIRNATY:EJ 67/95é", Field: "lot"}
	if got := q.id(); got != "confirm-lot-unknown-lot-COMIRNATY-EJ-67-95-" {
		t.Error(got)
	}
	r := Radios{Name: "sex"}
	if r.id(0) != "sex" || r.id(1) != "sex-2" {
		t.Error("the error list leads to the first answer by the field's name")
	}
}

func TestTitlesAndHeads(t *testing.T) {
	if got := (Page{Title: "Recherche"}).documentTitle(); got != "Recherche – Vaccin COVID" {
		t.Error(got)
	}
	wrong := Page{Title: "Recherche", Form: Form{Errors: []FieldError{{"a", "b", ""}}}}
	if got := wrong.documentTitle(); !strings.HasPrefix(got, "Erreur – ") || wrong.Form.summaryTitle() != "Certains champs sont à corriger." {
		t.Error(got)
	}
}

func TestNumbersOfBatchesStayOnOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"Envoi C1-0001":                    `Envoi <span class="app-figures">C1-0001</span>`,
		"lettres-C12-0003.pdf, <C1-0002>.": `<span class="app-figures">lettres-C12-0003.pdf</span>, &lt;<span class="app-figures">C1-0002</span>&gt;.`,
		"Covid-19, P-LLN3-2BZ5, PC1-0001 ": "Covid-19, P-LLN3-2BZ5, PC1-0001 ",
	} {
		if got := rendered(t, Text(text)); got != want {
			t.Errorf("%q is written %q", text, got)
		}
	}
}

// TestMostTextsAreSearchedForNoIdentifier: a page has tens of them, and a search takes memory for each.
func TestMostTextsAreSearchedForNoIdentifier(t *testing.T) {
	for _, text := range []string{"", "C", "Cabinet médical des Tilleuls, 69003 Lyon", "CORDIER-LEFÈVRE Éléonore"} {
		if n := testing.AllocsPerRun(100, func() { _ = Text(text).Render(t.Context(), io.Discard) }); n > 1 {
			t.Errorf("%q takes memory %v times", text, n)
		}
	}
}
