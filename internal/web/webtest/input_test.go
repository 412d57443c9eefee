package webtest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web/webtest"
)

func TestImpossibleDoses(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	b := h.signIn(t, marchand)
	declare(b, p)
	tests := []struct {
		name, field, text, says string
		with                    []string
	}{
		{"in the future", "occurrence", "02/02/2021", "dans le futur", nil},
		{"a day that does not exist", "occurrence", "31/02/2021", "n’existe pas dans le calendrier", nil},
		{"no date", "occurrence", "", "Saisissez la date", nil},
		{"no shape of a date", "occurrence", "hier", "sous la forme jour, mois, année", nil},
		{"before the authorisation", "occurrence", "01/12/2020", "pas encore autorisé", nil},
		{"a long lot", "lot", strings.Repeat("A", 10_000), "au plus 20 caractères", nil},
		{"a long lot of signs of three bytes", "lot", strings.Repeat("€", 10_000), "au plus 20 caractères", nil},
		{"a lot of one character", "lot", "E", "au moins deux caractères", nil},
		{"control characters", "lot", "EJ\x00\x1b6795", "caractère invisible", nil},
		{"invalid UTF-8", "lot", "EJ\xff\xfe", "illisibles", nil},
		{"markup", "lot", `"><img src=x onerror=alert(1)>`, "au plus 20", nil},
		{"no lot", "lot", " ", "Saisissez le numéro de lot", nil},
		{"unknown vaccine", "vaccine", "SPOUTNIK", "Choisissez le vaccin", nil},
		{"unknown site", "site", "oreille", "Choisissez la zone", nil},
		{"unknown place type", "place_type", "PLAGE", "Choisissez le type", nil},
		{"a place never suggested", "place", "EHPAD Inventé", "Choisissez un lieu de ce type dans la liste", nil},
		{"a locality never suggested", "place_locality", "99999 Nullepart", "Choisissez une localité", []string{"place_type", registrytest.PlaceHome, "place_name", "Chez elle"}},
		{"no name of the place", "place_name", "", "Saisissez le nom du lieu", []string{"place_absent", "on", "place_locality", "75011 Paris"}},
		{"nobody injected", "performer_self", "", "Indiquez qui a injecté", nil},
		{"someone without a name", "performer_family_name", "", "Saisissez le nom du professionnel", []string{"performer_self", "no", "performer_given_name", "Zoé"}},
		{"a wrong number", "performer_number", "12", "11 chiffres", []string{"performer_self", "no", "performer_given_name", "Zoé", "performer_family_name", "Petit"}},
		{"a wrong AM number", "am_number", "12", "9 chiffres", []string{"place_type", registrytest.PlacePractice}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &webtest.Browser{T: t, Base: b.Base, Jar: b.Jar}
			f := injected(b.Get(address(p, dose1)).Form("lot")).Fill(tt.with...).Fill(tt.field, tt.text)
			page := f.Send(b).Want(http.StatusUnprocessableEntity, "Certains champs sont à corriger")
			if !strings.Contains(page.Error(tt.field), tt.says) {
				t.Errorf("beside the field: %q", page.Error(tt.field))
			}
			if links := page.Root.Tags("title")[0].Content(); !strings.HasPrefix(links, "Erreur") {
				t.Errorf("the title is %s", links)
			}
			skip := ""
			if tt.field == "vaccine" || tt.field == "site" || tt.field == "place_type" {
				skip = tt.field // a choice that the list does not have
			}
			if strings.Contains(tt.text, "\x00") || !utf8.ValidString(tt.text) {
				skip = tt.field
				if !strings.Contains(page.Form("lot").Values.Get("lot"), "EJ\uFFFD") {
					t.Errorf("the lot is shown as %q", page.Form("lot").Values.Get("lot"))
				}
			}
			sameValues(t, f.Values, page.Form("lot").Values, skip)
		})
	}
	if len(h.record(t, p.ID).FirstDoses) != 0 {
		t.Error("something impossible was recorded")
	}
}

func TestEveryErrorOfAnEmptyFormIsListedInOrder(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	b := h.signIn(t, marchand)
	empty := url.Values{"prescribes": {"no"}, "health_professional": {"yes"}}
	page := b.Post(address(p, eligibility), empty).Want(http.StatusUnprocessableEntity) // the browser checks links and order
	for _, field := range []string{
		"prescriber_family_name", "prescriber_given_name", "prescriber_number", "prescriber_structure", "prescribed_on", "activity", "patient_agrees", "conditions_accepted",
	} {
		if page.Error(field) == "" {
			t.Errorf("nothing beside %s", field)
		}
	}
	b.Post(address(p, eligibility), url.Values{}).Want(http.StatusUnprocessableEntity)
	declare(b, p)
	b.Post(address(p, dose1), url.Values{}).Want(http.StatusUnprocessableEntity)
	b.Post(address(p, dose1), url.Values{"performer_self": {"no"}, "performer_number": {"x"}, "place_type": {registrytest.PlacePractice}, "am_number": {"x"}}).
		Want(http.StatusUnprocessableEntity)
}

func TestImpossibleDeclarations(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	b := h.signIn(t, marchand)
	paper := []string{"prescribes", "no", "prescriber_family_name", "Petit", "prescriber_given_name", "Zoé", "prescriber_number", "10100000009", "prescriber_structure", "Cabinet"}
	for _, tt := range []struct{ name, field, text string }{
		{"in the future", "prescribed_on", "02/02/2021"},
		{"31 February", "prescribed_on", "31/02/2021"},
		{"no date", "prescribed_on", ""},
		{"a name that is none", "prescriber_family_name", "12\x00"},
		{"a short number", "prescriber_number", "123"},
		{"a long structure", "prescriber_structure", strings.Repeat("é", 500)},
		{"no agreement", "patient_agrees", ""},
		{"conditions not accepted", "conditions_accepted", ""},
		{"a professional without activity", "activity", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := &webtest.Browser{T: t, Base: b.Base, Jar: b.Jar}
			f := eligible(b.Get(address(p, eligibility)).Form("prescribes")).Fill(paper...).Fill("health_professional", "yes", "activity", "AUTRE").Fill(tt.field, tt.text)
			page := f.Send(b).Want(http.StatusUnprocessableEntity)
			if page.Error(tt.field) == "" {
				t.Error("nothing is said beside the field")
			}
			sameValues(t, f.Values, page.Form("prescribes").Values, tt.field)
		})
	}
}

func TestUnusualInputIsAskedAboutOnceAndTheAnswerKept(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	b := h.signIn(t, marchand)
	declare(b, p)
	f := injected(b.Get(address(p, dose1)).Form("lot")).Fill("lot", "ZZ999", "occurrence", "28/12/2020")
	page := f.Send(b).Want(http.StatusUnprocessableEntity, "Cette saisie est inhabituelle", "n’est pas dans la liste de ce vaccin", "date de plus de 30 jours")
	asked := page.Questions()
	if len(asked) != 2 {
		t.Fatalf("asked about %v", asked)
	}
	one := page.Form("lot")
	sameValues(t, f.Values, one.Values, "")
	page = one.Fill("confirmed", asked["lot"]).Send(b).Want(http.StatusUnprocessableEntity, "30 jours").Not("n’est pas dans la liste")
	two := page.Form("lot")
	two.Values.Add("confirmed", page.Questions()["occurrence"])
	page = two.Send(b).Want(http.StatusOK, "Points inhabituels confirmés", "n’est pas dans la liste de ce vaccin", "date de plus de 30 jours")
	if n := len(h.record(t, p.ID).FirstDoses[0].Versions[0].Confirmed); n != 2 {
		t.Errorf("%d confirmations are kept", n)
	}
	f = b.Get(page.Link("Modifier")).Form("lot").Fill("lot", "ZZ998")
	f.Values.Add("confirmed", asked["lot"]) // the answer about another lot
	f.Send(b).Want(http.StatusUnprocessableEntity, "n’est pas dans la liste de ce vaccin")
}

func TestChoosingWithoutScripts(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	b := h.signIn(t, marchand)
	declare(b, p)
	f := injected(b.Get(address(p, dose1)).Form("lot")).Fill("place", "gly", "lot", "ej", "chercher", "place")
	page := f.Send(b).Want(http.StatusOK, "Lieux trouvés", "75011 Paris – EHPAD Les Glycines").Not("Lots trouvés", "Erreur")
	f = page.Form("lot").Fill("place_choice", "75011 Paris – EHPAD Les Glycines", "chercher", "lot")
	page = f.Send(b).Want(http.StatusOK, "Lots trouvés", registrytest.KnownLot)
	f = page.Form("lot")
	if f.Values.Get("place") != "75011 Paris – EHPAD Les Glycines" || f.Values.Get("lot") != "ej" || f.Values.Has("chercher") {
		t.Errorf("the form is %v", f.Values)
	}
	f.Fill("lot_choice", registrytest.KnownLot).Send(b).Want(http.StatusOK, "Synthèse de la 1ère vaccination", registrytest.KnownLot)
	f = b.Get(address(p, dose1+"/modifier")).Form("lot").Fill("place_type", registrytest.PlaceHome, "place_locality", "pap", "chercher", "place_locality")
	page = f.Send(b).Want(http.StatusOK, "Localités trouvées", "98714 Papeete", "Modifier la 1ère Vaccination")
	f = page.Form("lot").Fill("place_name", "Chez elle", "place_locality_choice", "98714 Papeete", "occurrence", "31/01/2021")
	f.Send(b).Want(http.StatusOK, "Rectificatif", "98714 Papeete")
	for _, unknown := range []string{"vaccine", "inconnu", "", "__proto__"} {
		b.Post(address(p, dose1+"/modifier"), url.Values{"chercher": {unknown}}).Want(http.StatusOK, "Modifier la 1ère Vaccination")
	}
}

func TestSuggestions(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signIn(t, marchand)
	for _, tt := range []struct {
		query string
		want  []string
	}{
		{"localites?q=75", []string{"75011 Paris"}},
		{"localites?q=etienne", []string{"42000 Saint-Étienne"}},
		{"localites?q=SAINT-D", []string{"97400 Saint-Denis"}},
		{"localites?q=7", nil},
		{"localites", nil},
		{"localites?q=" + strings.Repeat("a", 5000), nil},
		{"localites?q=%00%00", nil},
		{"localites?q=%FF%FE%FD", nil},
		{"localites?q=75%25", nil},
		{"localites?q=__", nil},
		{"localites?q=%25%25", nil},
		{"localites?q=75;drop", nil},
		{"localites?q=75&q=42", []string{"75011 Paris"}},
		{"localites?%zz", nil},
		{"localites?q=%27%20OR%201=1--", nil},
		{"lieux?q=gl&place_type=EHPAD", []string{"75011 Paris – EHPAD Les Glycines"}},
		{"lieux?q=gl&place_type=CENTRE", nil},
		{"lieux?q=gl", nil},
		{"lots?q=ej&vaccine=COMIRNATY", []string{"EJ6795", "EJ6796"}},
		{"lots?q=e%20j&vaccine=COMIRNATY", []string{"EJ6795", "EJ6796"}},
		{"lots?q=ej&vaccine=MODERNA", nil},
	} {
		t.Run(tt.query[:min(40, len(tt.query))], func(t *testing.T) {
			b := &webtest.Browser{T: t, Base: b.Base, Jar: b.Jar}
			page := b.Get("/suggestions/" + tt.query).Want(http.StatusOK)
			var answer struct{ Results []struct{ Value string } }
			if err := json.Unmarshal([]byte(page.Body), &answer); err != nil {
				t.Fatal(err)
			}
			got := []string{}
			for _, r := range answer.Results {
				got = append(got, r.Value)
			}
			if !slices.Equal(got, append([]string{}, tt.want...)) {
				t.Errorf("%q", got)
			}
		})
	}
}

// Whoever leaves while a form is being sent is no failure of the service.
func TestABrowserThatLeavesIsNoFailure(t *testing.T) {
	t.Parallel()
	h := open(t)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	for _, a := range []string{"/recherche", "/dossiers/" + strings.Repeat("f", 32) + dose1, "/patients/nouveau"} {
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, a, io.MultiReader(strings.NewReader("nir=2"), iotest.ErrReader(io.ErrUnexpectedEOF)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		h.handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	if text := h.logs.String(); strings.Contains(text, "level=ERROR") || strings.Count(text, "msg=request") != 3 {
		t.Error(text)
	}
}

// Who sends a form over a slow line, or a file that is too large for it, reads that it did not come, not an empty page.
func TestAFormThatDoesNotComeInTimeIsAnswered(t *testing.T) {
	t.Parallel()
	h := open(t)
	server := httptest.NewUnstartedServer(h.handler)
	server.Config.ReadTimeout = 300 * time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	for media, part := range map[string]string{
		"application/x-www-form-urlencoded": "name=a&",
		"multipart/form-data; boundary=b":   "--b\r\nContent-Disposition: form-data; name=\"fichier\"; filename=\"c\"\r\n\r\nnom",
	} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := fmt.Fprintf(conn, "POST /campagnes/nouvelle HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: 1000\r\n\r\n%s", media, part); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(answer.Body)
		if err := errors.Join(err, answer.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(page), "Votre envoi n’est pas arrivé en entier à temps") {
			t.Errorf("%s: %d %s", media, answer.StatusCode, page)
		}
	}
}
