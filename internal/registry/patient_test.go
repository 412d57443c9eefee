package registry_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

// decidePatient decides a manual entry with the localities that a store would give.
func decidePatient(req registry.RegistrationRequest) (registry.Patient, error) {
	localities, err := rt.NewMemory().LocalitiesNamed(background, req.Locality)
	if err != nil {
		return registry.Patient{}, err
	}
	return registry.DecidePatient(req, rt.NIR(5), localities, today)
}

const (
	tooOld  = "La date de naissance est trop ancienne. Vérifiez l’année."
	toCome  = "La date de naissance est dans le futur. Vérifiez l’année."
	badRank = "Saisissez le rang de naissance, de 1 à 9\u00a0: 1 en général, 2 pour le deuxième de jumeaux, 3 pour le troisième de triplés."
	badMail = "Cette adresse électronique est incomplète. Exemple\u00a0: nom@exemple.fr."
)

type registration = registry.RegistrationRequest

var patientRefusals = []formCase[registration]{
	{"no birth name", func(r *registration) { r.BirthName = "" }, registry.FieldBirthName, "Saisissez le nom de naissance."},
	{
		"no used name", func(r *registration) { r.UsedName = "" }, registry.FieldUsedName,
		"Saisissez le nom d’usage. Si le patient n’en a pas, reportez son nom de naissance.",
	},
	{"no given names", func(r *registration) { r.GivenNames = " " }, registry.FieldGivenNames, "Saisissez le ou les prénoms."},
	{"no sex", func(r *registration) { r.Sex = "" }, registry.FieldSex, "Indiquez le sexe."},
	{"a forged sex", func(r *registration) { r.Sex = "X" }, registry.FieldSex, "Indiquez le sexe."},
	{"no birth date", func(r *registration) { r.BirthDate = "" }, registry.FieldBirthDate, "Saisissez la date de naissance."},
	{
		"31 February", func(r *registration) { r.BirthDate = "31/02/1945" }, registry.FieldBirthDate,
		"Cette date n’existe pas dans le calendrier. Vérifiez le jour, le mois et l’année.",
	},
	{"tomorrow", func(r *registration) { r.BirthDate = "02/02/2021" }, registry.FieldBirthDate, toCome},
	{"a lunar date to come", func(r *registration) { r.BirthDate = "01/19/2942" }, registry.FieldBirthDate, toCome},
	{"126 years ago", func(r *registration) { r.BirthDate = "31/12/1895" }, registry.FieldBirthDate, tooOld},
	{"a lunar date of 1842", func(r *registration) { r.BirthDate = "01/19/1842" }, registry.FieldBirthDate, tooOld},
	{"no rank", func(r *registration) { r.BirthRank = "" }, registry.FieldBirthRank, badRank},
	{"rank 0", func(r *registration) { r.BirthRank = "0" }, registry.FieldBirthRank, badRank},
	{"rank 10", func(r *registration) { r.BirthRank = "10" }, registry.FieldBirthRank, badRank},
	{"a rank in words", func(r *registration) { r.BirthRank = "un" }, registry.FieldBirthRank, badRank},
	{"an address of 121 letters", func(r *registration) { r.Address = strings.Repeat("a", 121) }, registry.FieldAddress, "Ce champ accepte au plus 120\u00a0caractères. Raccourcissez-le."},
	{"a locality never suggested", func(r *registration) { r.Locality = "75" }, registry.FieldLocality, noLocality},
	{"an e-mail without domain", func(r *registration) { r.Email = "jeanne@" }, registry.FieldEmail, badMail},
	{"an e-mail whose domain has no dot", func(r *registration) { r.Email = "jeanne.durand@exemple" }, registry.FieldEmail, badMail},
	{"an e-mail with a name", func(r *registration) { r.Email = "Jeanne <jeanne@exemple.fr>" }, registry.FieldEmail, badMail},
	{"two e-mails", func(r *registration) { r.Email = "a@exemple.fr, b@exemple.fr" }, registry.FieldEmail, badMail},
}

func TestPatientRefusals(t *testing.T) {
	for _, tt := range patientRefusals {
		t.Run(tt.name, func(t *testing.T) {
			req := rt.RegistrationRequest()
			tt.change(&req)
			p, err := decidePatient(req)
			if diff := cmp.Diff(registry.Patient{}, p); diff != "" {
				t.Errorf("a patient came beside the refusal\n%s", diff)
			}
			if diff := cmp.Diff(map[string]string{tt.field: tt.message}, sentences(t, err, registry.KindInvalid)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestOnlyContactItemsMayBeLeftOut(t *testing.T) {
	req := rt.RegistrationRequest()
	req.Address, req.Locality, req.Phone, req.Email = "", " ", "", ""
	p, err := decidePatient(req)
	if err != nil || p.Contact != (registry.Contact{}) || !p.Manual || p.Holder != rt.NIR(5) || !p.Own.IsZero() {
		t.Errorf("error %v, patient %+v", err, p)
	}
	_, err = decidePatient(registration{})
	if got := sentences(t, err, registry.KindInvalid); len(got) != 6 {
		t.Errorf("an empty form is answered %v", got)
	}
}

func TestALunarBirthDateIsAskedAboutAndKept(t *testing.T) {
	req := rt.RegistrationRequest()
	req.BirthDate = "01/19/1942"
	_, err := decidePatient(req)
	e := refusal(t, err, registry.KindUnconfirmed)
	if len(e.Questions) != 1 || e.Questions[0].Code != "lunar-birth-date:19421901" || e.Questions[0].Field != registry.FieldBirthDate {
		t.Fatalf("asked %+v", e.Questions)
	}
	req.Confirmed = []string{e.Questions[0].Code}
	if p, err := decidePatient(req); err != nil || p.BirthDate.Digits() != "19421901" {
		t.Errorf("error %v, born %q", err, p.BirthDate.Digits())
	}
	req.BirthDate = "01/20/1942"
	if _, err := decidePatient(req); registry.KindOf(err) != registry.KindUnconfirmed {
		t.Errorf("another date is covered by the answer: %v", err)
	}
}

func TestTheBirthDateOfACardIsAskedAboutAndNeverRefused(t *testing.T) {
	for _, onCard := range []string{"19421901", "19420231", "18420101", "29421901", "00000000", "20210202", "19420199"} {
		born, err := registry.BirthDateFromDigits(onCard)
		if err != nil {
			t.Fatal(err)
		}
		req := rt.RegistrationRequest()
		req.BirthDate, req.CardBirthDate = " "+born.French()+" ", onCard
		_, err = decidePatient(req)
		e := refusal(t, err, registry.KindUnconfirmed)
		if len(e.Questions) != 1 || e.Questions[0].Code != "lunar-birth-date:"+onCard {
			t.Errorf("%s: asked %+v", onCard, e.Questions)
			continue
		}
		req.Confirmed = []string{e.Questions[0].Code}
		if p, err := decidePatient(req); err != nil || p.BirthDate.Digits() != onCard {
			t.Errorf("%s: error %v, born %q", onCard, err, p.BirthDate.Digits())
		}
		req.BirthDate = "31/02/1942" // somebody typed another date
		if _, err := decidePatient(req); onCard != "19420231" && registry.KindOf(err) != registry.KindInvalid {
			t.Errorf("%s: a date that is not the card's: %v", onCard, err)
		}
	}
	req := rt.RegistrationRequest()
	req.CardBirthDate = "19421901"
	if p, err := decidePatient(req); err != nil || p.BirthDate.Digits() == "19421901" {
		t.Errorf("the date typed is not the one kept: %v", err)
	}
	req.CardBirthDate = "1942 ?"
	if _, err := decidePatient(req); err != nil {
		t.Errorf("a card without a date of eight digits: %v", err)
	}
}

func TestTheOldestAndTheYoungest(t *testing.T) {
	for _, born := range []string{"01/01/1896", "01/02/2021"} {
		req := rt.RegistrationRequest()
		req.BirthDate = born
		if _, err := decidePatient(req); err != nil {
			t.Errorf("born %s: %v", born, err)
		}
	}
}

func TestEMailsThatExist(t *testing.T) {
	for _, address := range []string{"rené@exemple.fr", "jeanne+covid@exemple.fr", "j@société.fr", "o'brien@mail.exemple.co.uk", "a_b-c.d@x-y.fr"} {
		req := rt.RegistrationRequest()
		req.Email = " " + address + " "
		if p, err := decidePatient(req); err != nil || p.Email != address {
			t.Errorf("%s: %q, error %v", address, p.Email, err)
		}
	}
}

func TestTextsOfAPatientAreGuarded(t *testing.T) {
	for name, bad := range badTexts() {
		t.Run(name, func(t *testing.T) {
			_, err := decidePatient(registration{
				BirthName: bad, UsedName: bad, GivenNames: bad, Sex: bad, BirthDate: bad, BirthRank: bad,
				Address: bad, Locality: bad, Phone: bad, Email: bad,
			})
			got := sentences(t, err, registry.KindInvalid)
			if len(got) != 10 {
				t.Errorf("%d of 10 fields are refused: %v", len(got), got)
			}
			for field, sentence := range got {
				if strings.Contains(sentence, bad) {
					t.Errorf("%s echoes what was typed", field)
				}
			}
		})
	}
}

func TestRegisteringTwiceOpensTheSameRecord(t *testing.T) {
	w := newWorld(t)
	doctor := rt.Doctor("Martin")
	first, _, err := w.g.Register(background, doctor, rt.NIR(5), rt.RegistrationRequest())
	if err != nil || len(first) != 32 {
		t.Fatalf("identifier %q, error %v", first, err)
	}
	again := rt.RegistrationRequest()
	again.UsedName = "Autrement"
	second, _, err := w.g.Register(background, rt.Doctor("Petit"), rt.NIR(5), again)
	if err != nil || second != first || w.store.Record(first).Patient.UsedName != "Durand" {
		t.Errorf("identifier %q, error %v", second, err)
	}
	again.BirthRank = "2"
	twin, _, err := w.g.Register(background, doctor, rt.NIR(5), again)
	if err != nil || twin == first {
		t.Errorf("a twin got %q, error %v", twin, err)
	}
	var outcomes []registry.Outcome
	for _, e := range w.store.Events() {
		outcomes = append(outcomes, e.Outcome)
		if e.Record == "" || e.Action != registry.ActionRegister {
			t.Errorf("logged %+v", e)
		}
	}
	if diff := cmp.Diff([]registry.Outcome{registry.OutcomeDone, registry.OutcomeRepeated, registry.OutcomeDone}, outcomes); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestNobodyIsRegisteredOrFoundWithoutANumber(t *testing.T) {
	w := newWorld(t)
	p := rt.Patient(8)
	p.Own = nir.Number{}
	w.store.Add("child", p, 0)
	_, _, err := w.g.Register(background, rt.Doctor("Martin"), nir.Number{}, rt.RegistrationRequest())
	refusal(t, err, registry.KindInvalid)
	found, err := w.g.SearchByNIR(background, rt.Doctor("Martin"), nir.Number{})
	refusal(t, err, registry.KindInvalid)
	if len(found) != 0 || w.store.Count() != 2 {
		t.Errorf("%d found, %d records", len(found), w.store.Count())
	}
}
