package webtest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web/webtest"
)

// fromCard searches as the page does once a beneficiary is chosen.
func fromCard(b *webtest.Browser, number, familyName, givenNames, born string) *webtest.Page {
	b.T.Helper()
	return b.Post("/recherche", url.Values{
		"nir": {number}, "card_family_name": {familyName}, "card_given_names": {givenNames}, "card_birth_date": {born}, "beneficiary": {"0"},
	})
}

// rows are the names of a list with what is said of their likeness, in the order of the list.
func rows(page *webtest.Page) (found []string) {
	for _, row := range page.Root.Tags("tr") {
		cells := row.Tags("td")
		if len(cells) == 0 {
			continue
		}
		said := ""
		for _, text := range []string{"Correspond à la carte Vitale", "Même date de naissance que sur la carte Vitale"} {
			if strings.Contains(cells[1].Content(), text) {
				said = text
			}
		}
		found = append(found, cells[0].Content()+": "+said)
	}
	return found
}

func TestThePersonOnTheCardIsPointedOut(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signIn(t, marchand)
	holder := registrytest.NIR(777)
	member := func(given, digits string, rank int) {
		born, err := registry.BirthDateFromDigits(digits)
		if err != nil {
			t.Fatal(err)
		}
		h.patient(t, func(p *registry.ImportedPerson) {
			p.Patient.Holder, p.Patient.GivenNames, p.Patient.BirthDate, p.Patient.BirthRank = holder, given, born, rank
		})
	}
	member("Alice", "19450615", 1)
	member("Ève", "20080229", 1)
	member("Félix, Marie", "20080229", 2)
	member("Fatma", "19421901", 1)
	const sure, date = "Correspond à la carte Vitale", "Même date de naissance que sur la carte Vitale"
	for _, tt := range []struct {
		name, given, born string
		first             []string // those said, at the head of the list
	}{
		{"one of that date", "ALICE", "19450615", []string{"Alice: " + sure}},
		{"a twin", "EVE", "20080229", []string{"Ève: " + sure, "Félix, Marie: " + date}},
		{"the other twin, given names cut", "FELIX", "20080229", []string{"Félix, Marie: " + sure, "Ève: " + date}},
		{"a twin of another name", "LOUIS", "20080229", []string{"Ève: " + date, "Félix, Marie: " + date}},
		{"no given names", "", "19450615", []string{"Alice: " + date}},
		{"a lunar date", "FATMA", "19421901", []string{"Fatma: " + sure}},
		{"nobody of that date", "ALICE", "19450616", nil},
	} {
		page := fromCard(b, holder.Digits()+holder.Key(), "DURAND", tt.given, tt.born).Want(http.StatusOK, "Carte Vitale lue")
		got := rows(page)
		if len(got) != 4 {
			t.Fatalf("%s: %q", tt.name, got)
		}
		for i, row := range got {
			want := ""
			if i < len(tt.first) {
				want = tt.first[i]
			} else if strings.HasSuffix(row, ": ") {
				want = row
			}
			if row != want {
				t.Errorf("%s: row %d is %q, want %q", tt.name, i, row, want)
			}
		}
		if unsaid := page.Says("Aucun des assurés rattachés à ce numéro n’a la date de naissance lue"); unsaid != (tt.first == nil) {
			t.Errorf("%s: it is said that nobody is like the card: %t", tt.name, unsaid)
		}
	}
	byNIR(b, "nir", holder.Format()).Want(http.StatusOK).Not("Carte Vitale")
}

func TestAnUnknownNumberOfACardBeginsTheManualEntry(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signIn(t, marchand)
	unknown := registrytest.NIR(4243)
	enter := func(born string) *webtest.Page {
		page := fromCard(b, unknown.Digits()+unknown.Key(), "BEN ALI", "FATMA", born).Want(http.StatusOK, "Carte Vitale lue", "BEN ALI FATMA")
		return b.Get(page.Link("via ce lien"))
	}
	page := enter("19420231").Want(http.StatusOK, "viennent de la carte Vitale", "La carte ne dit pas si le nom")
	f := page.Form("birth_name")
	for field, want := range map[string]string{"birth_name": "BEN ALI", "used_name": "BEN ALI", "given_names": "FATMA", "birth_date": "31/02/1942", "birth_rank": "1", "sex": ""} {
		if got := f.Values.Get(field); got != want {
			t.Errorf("%s is prefilled with %q, want %q", field, got, want)
		}
	}
	page = f.Fill("sex", "F").Send(b).Want(http.StatusUnprocessableEntity, "n’est pas une date du calendrier")
	f = page.Form("birth_name")
	for _, code := range page.Questions() {
		f.Values.Add("confirmed", code)
	}
	if page = f.Send(b).Want(http.StatusOK, "Dossier du patient", "31/02/1942"); len(page.Questions()) != 0 {
		t.Error("asked again")
	}

	// The same date typed by hand, without a card, is refused; and one that is no figure is shown as it is.
	page = byNIR(b, "nir", registrytest.NIR(4244).Format())
	f = person(b.Get(page.Link("via ce lien")).Form("birth_name")).Fill("birth_date", "31/02/1942")
	f.Send(b).Want(http.StatusUnprocessableEntity, "n’existe pas dans le calendrier")
	unknown = registrytest.NIR(4245)
	if got := enter("1942 ?").Form("birth_name").Values.Get("birth_date"); got != "1942 ?" {
		t.Errorf("the date of the card is shown as %q", got)
	}
	// A card's date does not serve for another number than the one it was searched with.
	f = enter("19420231").Form("birth_name").Fill("sex", "F", "nir", registrytest.NIR(4246).Digits()+registrytest.NIR(4246).Key())
	f.Send(b).Want(http.StatusUnprocessableEntity, "n’existe pas dans le calendrier")
}

func TestWhatNoCardHoldsIsLeftOut(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signIn(t, marchand)
	unknown := registrytest.NIR(4247).Format()
	for name, text := range map[string]string{"long": strings.Repeat("A", 256), "control characters": "A\x1b[2J", "broken": "\xff"} {
		if page := fromCard(b, unknown, text, "ALICE", "19450615").Want(http.StatusOK); page.Says("Carte Vitale lue") {
			t.Errorf("%s: taken", name)
		}
	}
	fromCard(b, unknown, `<script>alert(1)</script>`, "ALICE", "19450615").Want(http.StatusOK, "<script>alert(1)</script> ALICE")
}

func TestABadNumberOfACardIsSaidAndStays(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signIn(t, marchand)
	page := fromCard(b, "269054958815781", "DURAND", "ALICE", "19690512").Want(http.StatusUnprocessableEntity)
	if !strings.Contains(page.Error("nir"), "clé") || page.Form("nir").Values.Get("nir") != "269054958815781" {
		t.Errorf("said %q, shown %q", page.Error("nir"), page.Form("nir").Values.Get("nir"))
	}
	fromCard(b, "", "DURAND", "ALICE", "19690512").Want(http.StatusUnprocessableEntity, "Saisissez le numéro de sécurité sociale")
}

func TestACardLeavesNoTraceOutsideItsSession(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signIn(t, marchand)
	unknown := registrytest.NIR(4248)
	page := fromCard(b, unknown.Digits()+unknown.Key(), "ZYXWVUT", "QUIRINE", "19020304").Want(http.StatusOK)
	b.Get(page.Link("via ce lien")).Want(http.StatusOK)
	trace := h.logs.String() + strings.Join(b.Visited, "\n") + string(h.stored(t))
	for _, secret := range []string{"ZYXWVUT", "QUIRINE", "19020304", "04/03/1902", unknown.Digits()} {
		if strings.Contains(trace, secret) {
			t.Errorf("%q is found in a log, an address or the files of the store", secret)
		}
	}
}

func TestPagesMayAskTheReadingProgramAndNoOther(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signIn(t, marchand)
	page := b.Get("/recherche").Want(http.StatusOK)
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self' http://127.0.0.1:24316; ") {
		t.Errorf("the policy is %s", policy)
	}
	section := page.Root.All(func(n *webtest.Node) bool { return n.Has("data-vitale") })
	if len(section) != 1 || !section[0].Has("hidden") || section[0].Attr("data-vitale") != "http://127.0.0.1:24316" {
		t.Error("without a script, the part that reads cards is seen")
	}
}
