package registry_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

// dosing decides a dose on a record, with the facts that a store would give for the request.
type dosing struct {
	world *world
	step  registry.Step
	by    registry.Actor
	died  registry.Date // of the patient, as the referential tells it
}

func (d dosing) decide(req registry.DoseRequest) (registry.Dose, []registry.Confirmation, error) {
	want := registry.Wanted{Lot: registry.NormalLot(req.Lot), PlaceType: req.PlaceType, LocalityLabel: req.PlaceLocality}
	if !req.PlaceAbsent {
		want.PlaceLabel = req.Place
	}
	facts, err := d.world.store.Facts(background, d.world.id, want)
	if err != nil {
		d.world.Fatal(err)
	}
	facts.Record.Died = d.died
	return registry.DecideDose(d.step, req, registry.DoseFacts{Facts: facts, Reference: rt.Reference(), Now: d.world.clock.Now()}, d.by)
}

func firstDosing(t testing.TB) dosing {
	w := newWorld(t)
	w.eligible(rt.Doctor("Martin"))
	return dosing{world: w, step: registry.StepFirstDose, by: rt.Doctor("Martin")}
}

func secondDosing(t testing.TB) dosing {
	d := firstDosing(t)
	d.world.first(d.by)
	d.world.clock.SetDay(rt.SecondDoseDay)
	d.step = registry.StepSecondDose
	return d
}

// typedPlace is the form of a dose at home.
func typedPlace(r *registry.DoseRequest) {
	r.PlaceType, r.Place, r.PlaceName, r.PlaceLocality = rt.PlaceHome, "", "Domicile du patient", "42000 Saint-Étienne"
}

// typedPerformer is the form of a dose injected by someone else.
func typedPerformer(r *registry.DoseRequest) {
	p := rt.Nurse("Lopez").Practitioner
	r.PerformerSelf, r.PerformerFamily, r.PerformerGiven, r.PerformerNumber = registry.No, p.FamilyName, p.GivenName, p.Number()
}

const notListed = "Choisissez un lieu de ce type dans la liste\u00a0: saisissez les premiers caractères du code postal ou du nom, " +
	"ou cochez «\u00a0Lieu absent de la liste\u00a0»."

const noLocality = "Choisissez une localité dans la liste\u00a0: saisissez les premiers caractères du code postal ou du nom."

var doseRefusals = []formCase[registry.DoseRequest]{
	{"no vaccine", func(r *registry.DoseRequest) { r.Vaccine = "" }, registry.FieldVaccine, "Choisissez le vaccin."},
	{"a forged vaccine", func(r *registry.DoseRequest) { r.Vaccine = "PLACEBO" }, registry.FieldVaccine, "Choisissez le vaccin."},
	{"no lot", func(r *registry.DoseRequest) { r.Lot = " \u00a0 " }, registry.FieldLot, "Saisissez le numéro de lot."},
	{
		"a lot of 21 characters", func(r *registry.DoseRequest) { r.Lot = "ABCDEFGHIJKLMNOPQRSTU" },
		registry.FieldLot, "Ce champ accepte au plus 20\u00a0caractères. Raccourcissez-le.",
	},
	{
		"a lot with an accent", func(r *registry.DoseRequest) { r.Lot = "ÉJ6795" },
		registry.FieldLot, "Un numéro de lot n’a que des lettres sans accent, des chiffres et des tirets. Vérifiez-le sur le flacon.",
	},
	{
		"a lot that is a formula", func(r *registry.DoseRequest) { r.Lot = "=1+1" },
		registry.FieldLot, "Un numéro de lot n’a que des lettres sans accent, des chiffres et des tirets. Vérifiez-le sur le flacon.",
	},
	{"no site", func(r *registry.DoseRequest) { r.Site = "" }, registry.FieldSite, "Choisissez la zone d’injection."},
	{"a forged site", func(r *registry.DoseRequest) { r.Site = "0" }, registry.FieldSite, "Choisissez la zone d’injection."},
	{"no date", func(r *registry.DoseRequest) { r.Occurrence = "" }, registry.FieldOccurrence, "Saisissez la date de la vaccination."},
	{
		"30 February", func(r *registry.DoseRequest) { r.Occurrence = "30/02/2021" },
		registry.FieldOccurrence, "Cette date n’existe pas dans le calendrier. Vérifiez le jour, le mois et l’année.",
	},
	{
		"tomorrow", func(r *registry.DoseRequest) { r.Occurrence = "02/02/2021" },
		registry.FieldOccurrence, "La date de la vaccination est dans le futur. Vérifiez-la.",
	},
	{
		"before the authorisation", func(r *registry.DoseRequest) { r.Occurrence = "20/12/2020" },
		registry.FieldOccurrence, "À cette date, ce vaccin n’était pas encore autorisé (il l’est depuis le 21/12/2020). Vérifiez la date et le vaccin.",
	},
	{"nobody injected", func(r *registry.DoseRequest) { r.PerformerSelf = "" }, registry.FieldPerformerSelf, "Indiquez qui a injecté le vaccin."},
	{
		"someone without family name", func(r *registry.DoseRequest) { typedPerformer(r); r.PerformerFamily = "" },
		registry.FieldPerformerFamily, "Saisissez le nom du professionnel qui a injecté le vaccin.",
	},
	{
		"someone without given name", func(r *registry.DoseRequest) { typedPerformer(r); r.PerformerGiven = "" },
		registry.FieldPerformerGiven, "Saisissez le prénom du professionnel qui a injecté le vaccin.",
	},
	{
		"a performer's number of ten digits", func(r *registry.DoseRequest) { typedPerformer(r); r.PerformerNumber = "1234567890" },
		registry.FieldPerformerNumber, "Ce numéro doit avoir 11\u00a0chiffres (RPPS) ou 9\u00a0chiffres (ADELI ou AM). Vérifiez-le ou laissez-le vide.",
	},
	{"no place type", func(r *registry.DoseRequest) { r.PlaceType = "" }, registry.FieldPlaceType, "Choisissez le type de lieu de vaccination."},
	{"a forged place type", func(r *registry.DoseRequest) { r.PlaceType = "BAR" }, registry.FieldPlaceType, "Choisissez le type de lieu de vaccination."},
	{"no place", func(r *registry.DoseRequest) { r.Place = "" }, registry.FieldPlace, notListed},
	{"a place never suggested", func(r *registry.DoseRequest) { r.Place = "75011 Paris – Chez moi" }, registry.FieldPlace, notListed},
	{"a place of another type", func(r *registry.DoseRequest) { r.PlaceType = rt.PlaceCentre }, registry.FieldPlace, notListed},
	{
		"no name of a typed place", func(r *registry.DoseRequest) { typedPlace(r); r.PlaceName = "" },
		registry.FieldPlaceName, "Saisissez le nom du lieu de vaccination.",
	},
	{
		"no name of an absent place", func(r *registry.DoseRequest) { r.PlaceAbsent, r.PlaceLocality = true, "75011 Paris" },
		registry.FieldPlaceName, "Saisissez le nom du lieu de vaccination.",
	},
	{
		"no locality", func(r *registry.DoseRequest) { typedPlace(r); r.PlaceLocality = "" },
		registry.FieldPlaceLocality, "Saisissez la localité du lieu de vaccination.",
	},
	{"a locality never suggested", func(r *registry.DoseRequest) { typedPlace(r); r.PlaceLocality = "42000" }, registry.FieldPlaceLocality, noLocality},
	{
		"a lot of one character", func(r *registry.DoseRequest) { r.Lot = "E" },
		registry.FieldLot, "Un numéro de lot a au moins deux caractères, dont une lettre ou un chiffre. Vérifiez-le sur le flacon.",
	},
	{
		"a lot of signs", func(r *registry.DoseRequest) { r.Lot = "--/. -" },
		registry.FieldLot, "Un numéro de lot a au moins deux caractères, dont une lettre ou un chiffre. Vérifiez-le sur le flacon.",
	},
	{
		"an AM number of eight digits", func(r *registry.DoseRequest) { r.PlaceType, r.AMNumber = rt.PlacePractice, "12345678" },
		registry.FieldAMNumber, "Un numéro AM a 9\u00a0chiffres. Vérifiez-le ou laissez-le vide.",
	},
	{
		"an AM number with letters", func(r *registry.DoseRequest) { r.PlaceType, r.AMNumber = rt.PlacePractice, "ABCDEFGHI" },
		registry.FieldAMNumber, "Un numéro AM a 9\u00a0chiffres. Vérifiez-le ou laissez-le vide.",
	},
}

func TestDoseRefusals(t *testing.T) {
	for _, tt := range doseRefusals {
		t.Run(tt.name, func(t *testing.T) {
			req := rt.DoseRequest()
			tt.change(&req)
			content, _, err := firstDosing(t).decide(req)
			if content != (registry.Dose{}) {
				t.Errorf("a content came beside the refusal: %+v", content)
			}
			if diff := cmp.Diff(map[string]string{tt.field: tt.message}, sentences(t, err, registry.KindInvalid)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestTextsOfADoseAreGuarded(t *testing.T) {
	for name, bad := range badTexts() {
		t.Run(name, func(t *testing.T) {
			req := rt.DoseRequest()
			typedPlace(&req)
			typedPerformer(&req)
			req.PlaceType = rt.PlacePractice
			req.Lot, req.PerformerFamily, req.PerformerGiven, req.PlaceName = bad, bad, bad, bad
			req.PlaceLocality, req.Occurrence, req.AMNumber, req.PerformerNumber = bad, bad, bad, bad
			_, _, err := firstDosing(t).decide(req)
			if got := sentences(t, err, registry.KindInvalid); len(got) != 8 {
				t.Errorf("%d of 8 fields are refused: %v", len(got), got)
			}
		})
	}
}

var firstDoseQuestions = []questionCase[registry.DoseRequest]{
	{
		"an unknown lot", func(r *registry.DoseRequest) { r.Lot = " zz 9999 " },
		registry.FieldLot, "unknown-lot:COMIRNATY:ZZ9999",
		"Ce numéro de lot n’est pas dans la liste de ce vaccin. Confirmez qu’il est bien celui du flacon.",
	},
	{
		"the lot of another vaccine", func(r *registry.DoseRequest) { r.Lot = rt.ModernaLot },
		registry.FieldLot, "unknown-lot:COMIRNATY:3000493",
		"Ce numéro de lot n’est pas dans la liste de ce vaccin. Confirmez qu’il est bien celui du flacon.",
	},
	{
		"31 days ago", func(r *registry.DoseRequest) { r.Occurrence = "01/01/2021" },
		registry.FieldOccurrence, "long-past:2021-01-01",
		"Cette vaccination date de plus de 30\u00a0jours. Confirmez sa date.",
	},
	{
		"an RPPS number whose key is wrong", func(r *registry.DoseRequest) { typedPerformer(r); r.PerformerNumber = "10001234560" },
		registry.FieldPerformerNumber, "performer-number:10001234560",
		"La clé de ce numéro RPPS paraît fausse. Confirmez-le.",
	},
	{
		"an AM number whose key is wrong", func(r *registry.DoseRequest) { r.PlaceType, r.AMNumber = rt.PlacePractice, "751234560" },
		registry.FieldAMNumber, "am-number:751234560",
		"La clé de ce numéro AM paraît fausse. Confirmez-le.",
	},
}

var secondDoseQuestions = []questionCase[registry.DoseRequest]{
	{
		"20 days after dose 1", func(r *registry.DoseRequest) { r.Occurrence = "21/02/2021" },
		registry.FieldOccurrence, "interval:20",
		"L’intervalle entre les deux vaccinations est de 20\u00a0jours, hors de l’intervalle recommandé (de 21 à 49\u00a0jours). Confirmez la date.",
	},
	{
		"on the day of dose 1", func(r *registry.DoseRequest) { r.Occurrence = "01/02/2021" },
		registry.FieldOccurrence, "interval:0",
		"L’intervalle entre les deux vaccinations est de 0\u00a0jour, hors de l’intervalle recommandé (de 21 à 49\u00a0jours). Confirmez la date.",
	},
	{
		"the day after dose 1", func(r *registry.DoseRequest) { r.Occurrence = "02/02/2021" },
		registry.FieldOccurrence, "interval:1",
		"L’intervalle entre les deux vaccinations est de 1\u00a0jour, hors de l’intervalle recommandé (de 21 à 49\u00a0jours). Confirmez la date.",
	},
}

func TestDoseQuestions(t *testing.T) {
	for _, tt := range firstDoseQuestions {
		t.Run(tt.name, func(t *testing.T) { checkQuestion(t, firstDosing(t), rt.DoseRequest(), tt) })
	}
	for _, tt := range secondDoseQuestions {
		t.Run(tt.name, func(t *testing.T) { checkQuestion(t, secondDosing(t), rt.SecondDoseRequest(), tt) })
	}
	t.Run("a patient who died the day before", func(t *testing.T) {
		d := firstDosing(t)
		d.died = registry.MustDate("2021-01-31")
		checkQuestion(t, d, rt.DoseRequest(), questionCase[registry.DoseRequest]{
			"", func(*registry.DoseRequest) {}, registry.FieldOccurrence, "died:2021-01-31:2021-02-01",
			"L’Assurance Maladie connaît cette personne comme décédée le 31/01/2021, avant cette date. " +
				"Confirmez que c’est bien le dossier de ce patient, et la date.",
		})
	})
	t.Run("a patient who died that day", func(t *testing.T) {
		d := firstDosing(t)
		d.died = registry.MustDate("2021-02-01")
		if _, kept, err := d.decide(rt.DoseRequest()); err != nil || len(kept) > 0 {
			t.Errorf("error %v, kept %v", err, kept)
		}
	})
	t.Run("a patient of 15", func(t *testing.T) {
		d := firstDosing(t)
		d.world.id = ageOf(d.world, "2005-02-02")
		checkQuestion(t, d, rt.DoseRequest(), questionCase[registry.DoseRequest]{
			"", func(*registry.DoseRequest) {}, registry.FieldVaccine, "age:COMIRNATY:15",
			"Ce vaccin est autorisé à partir de 16\u00a0ans et le patient en a 15 à cette date. Confirmez le vaccin et la date.",
		})
	})
}

func checkQuestion(t *testing.T, d dosing, req registry.DoseRequest, tt questionCase[registry.DoseRequest]) {
	t.Helper()
	tt.change(&req)
	_, _, err := d.decide(req)
	e := refusal(t, err, registry.KindUnconfirmed)
	if diff := cmp.Diff([]registry.Question{{Code: tt.code, Field: tt.field, Message: tt.message}}, e.Questions); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
	req.Confirmed = []string{"another:1", tt.code}
	_, kept, err := d.decide(req)
	if diff := cmp.Diff([]registry.Confirmation{{Code: tt.code, Sentence: statement(tt.message)}}, kept); err != nil || diff != "" {
		t.Errorf("confirmed: %v, kept (-want +got)\n%s", err, diff)
	}
	req.Site = ""
	for _, confirmed := range [][]string{nil, {tt.code}} {
		req.Confirmed = confirmed
		_, _, err = d.decide(req)
		if e := refusal(t, err, registry.KindInvalid); len(e.Questions) > 0 {
			t.Errorf("asked while something is refused: %v", e.Questions)
		}
	}
}

// ageOf adds an eligible patient born on a day.
func ageOf(w *world, born string) registry.RecordID {
	p := rt.Patient(9)
	p.BirthDate = registry.BirthDateOf(registry.MustDate(born))
	return w.store.Add(registry.RecordID("born "+born), p, 0)
}

func TestTheAgeIsThatOfTheDay(t *testing.T) {
	tests := []struct {
		name, born string
		kind       registry.Kind
	}{
		{"16 that day", "2005-02-01", 0},
		{"16 the day after", "2005-02-02", registry.KindUnconfirmed},
		{"born that day", "2021-02-01", registry.KindUnconfirmed},
		{"born the day after", "2021-02-02", registry.KindInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := firstDosing(t)
			d.world.id = ageOf(d.world, tt.born)
			_, _, err := d.decide(rt.DoseRequest())
			if registry.KindOf(err) != tt.kind {
				t.Errorf("error is %v", err)
			}
			if tt.kind == registry.KindInvalid && sentences(t, err, tt.kind)[registry.FieldOccurrence] != "Cette date précède la naissance du patient. Vérifiez-la." {
				t.Errorf("error is %v", err)
			}
		})
	}
	t.Run("a lunar birth date has no age", func(t *testing.T) {
		d := firstDosing(t)
		p := rt.Patient(9)
		p.BirthDate, _ = registry.BirthDateFromDigits("20101901")
		d.world.id = d.world.store.Add("lunar", p, 0)
		if _, _, err := d.decide(rt.DoseRequest()); err != nil {
			t.Error(err)
		}
	})
}

func TestAnAnswerAboutAnIntervalHoldsForThatIntervalOnly(t *testing.T) {
	d := secondDosing(t)
	req := rt.SecondDoseRequest()
	req.Occurrence, req.Confirmed = "06/02/2021", []string{"interval:10", "interval"}
	_, _, err := d.decide(req)
	if e := refusal(t, err, registry.KindUnconfirmed); e.Questions[0].Code != "interval:5" {
		t.Errorf("asked %+v", e.Questions)
	}
}

func TestADoseIsKeptAsEntered(t *testing.T) {
	d := firstDosing(t)
	req := rt.DoseRequest()
	req.Lot, req.AMNumber = " ej 6795 ", "75 1234 568" // which counts at the practice alone
	got, kept, err := d.decide(req)
	want := registry.Dose{
		Number: 1, SeriesDoses: 2, VaccineCode: rt.Comirnaty, VaccineName: "Comirnaty (Pfizer-BioNTech)",
		LotNumber: rt.KnownLot, Site: rt.RightDeltoid, Occurrence: today,
		Performer: registry.Performer{FamilyName: "Martin", GivenName: "Camille", Number: d.by.Practitioner.Number()},
		Location: registry.Location{
			Type: rt.PlaceEHPAD, PlaceID: "FINESS:750000001", PlaceLabel: "75011 Paris – EHPAD Les Glycines", Name: "EHPAD Les Glycines", Address: "1 rue de la Paix",
			Locality: registry.Locality{PostalCode: "75011", Name: "Paris"},
		},
		BookFrom: registry.MustDate("2021-03-01"),
	}
	if diff := cmp.Diff(want, got); err != nil || len(kept) > 0 || diff != "" {
		t.Errorf("error %v, kept %v (-want +got)\n%s", err, kept, diff)
	}
	typedPlace(&req)
	typedPerformer(&req)
	req.PlaceLocality, req.Place = " 42000 saint etienne", "75011 Paris – EHPAD Les Glycines"
	got, _, err = d.decide(req)
	want.Location = registry.Location{Type: rt.PlaceHome, Name: "Domicile du patient", Locality: rt.Localities()[1]}
	want.Performer = registry.Performer{FamilyName: "Lopez", GivenName: "Camille", Number: rt.Nurse("Lopez").Practitioner.Number()}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("typed: error %v (-want +got)\n%s", err, diff)
	}
	req.PlaceType, req.PlaceAbsent = rt.PlaceEHPAD, true
	got, _, err = d.decide(req)
	want.Location.Type = rt.PlaceEHPAD
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("absent from the list: error %v (-want +got)\n%s", err, diff)
	}
	// An AM number and an ADELI number have nine digits, and no key that all of them keep.
	for _, number := range []string{"", "123456789"} {
		req.PerformerNumber = number
		if got, _, err = d.decide(req); err != nil || got.Performer.Number != number {
			t.Errorf("a performer of number %q: %v, %+v", number, err, got.Performer)
		}
	}
	req.Lot, req.Confirmed = "042l-20.a/1", []string{"unknown-lot:COMIRNATY:042L-20.A/1"}
	if got, _, err = d.decide(req); err != nil || got.LotNumber != "042L-20.A/1" {
		t.Errorf("a lot with signs: %v, %q", err, got.LotNumber)
	}
}

// DOS-4: the vaccine of dose 2 is that of dose 1, whatever the form says.
func TestTheVaccineOfDoseTwoIsLocked(t *testing.T) {
	d := secondDosing(t)
	for _, forged := range []string{"", rt.Moderna, rt.Janssen, "PLACEBO"} {
		req := rt.SecondDoseRequest()
		req.Vaccine = forged
		got, kept, err := d.decide(req)
		if err != nil || len(kept) > 0 || got.VaccineCode != rt.Comirnaty || got.Number != 2 || !got.BookFrom.IsZero() {
			t.Errorf("with %q: error %v, %+v", forged, err, got)
		}
	}
}

func TestDoseTwoBeforeDoseOneIsRefused(t *testing.T) {
	req := rt.SecondDoseRequest()
	req.Occurrence = "31/01/2021"
	_, _, err := secondDosing(t).decide(req)
	want := map[string]string{registry.FieldOccurrence: "La 2ème vaccination ne peut pas précéder la 1ère. Vérifiez la date."}
	if diff := cmp.Diff(want, sentences(t, err, registry.KindInvalid)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDoseTwoWithoutDoseOneIsRefusedByTheFormToo(t *testing.T) {
	d := firstDosing(t)
	d.step = registry.StepSecondDose
	_, _, err := d.decide(rt.DoseRequest())
	if got := sentences(t, err, registry.KindInvalid); got[registry.FieldVaccine] != "La 1ère vaccination doit d’abord être enregistrée." {
		t.Errorf("answered %v", got)
	}
}

// Support moves dose 1 under a dose 2 that stands: the order and the interval are those of both.
func TestDoseOneIsHeldAgainstADoseTwoThatStands(t *testing.T) {
	tests := []struct {
		name   string
		change func(*registry.DoseRequest)
		kind   registry.Kind
		field  string
	}{
		{"to the day before", func(r *registry.DoseRequest) { r.Occurrence = "31/01/2021" }, 0, ""},
		{"to 20 days before dose 2", func(r *registry.DoseRequest) { r.Occurrence = "09/02/2021" }, registry.KindUnconfirmed, registry.FieldOccurrence},
		{"after dose 2", func(r *registry.DoseRequest) { r.Occurrence = "02/03/2021" }, registry.KindInvalid, registry.FieldOccurrence},
		{"to another vaccine", func(r *registry.DoseRequest) { r.Vaccine, r.Lot = rt.Moderna, rt.ModernaLot }, registry.KindInvalid, registry.FieldVaccine},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			martin := rt.Doctor("Martin")
			w.eligible(martin)
			w.first(martin)
			w.second(martin)
			w.clock.SetDay("2021-03-02")
			act := w.act(rt.Support("Alex"), registry.StepFirstDose)
			act.From, act.Reason = 1, "Date signalée"
			req := rt.DoseRequest()
			tt.change(&req)
			_, err := w.g.RectifyDose(background, act, req)
			if registry.KindOf(err) != tt.kind || tt.kind != 0 && sentences(t, err, tt.kind)[tt.field] == "" {
				t.Errorf("error is %v", err)
			}
		})
	}
}

// DOS-7: «today» is that of the place of vaccination.
func TestTodayIsThatOfThePlace(t *testing.T) {
	parisNight := time.Date(2021, 2, 1, 14, 0, 0, 0, time.UTC) // 15:00 in Paris, 01:00 on the 2nd in Nouméa
	for _, tt := range []struct {
		name, place, kind string
		want              registry.Kind
	}{
		{"tomorrow in Paris", "75011 Paris – Centre de la Bastille", rt.PlaceCentre, registry.KindInvalid},
		{"today in Nouméa", "98800 Nouméa – Centre de Nouméa", rt.PlaceCentre, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := firstDosing(t)
			d.world.clock.Set(parisNight)
			req := rt.DoseRequest()
			req.Occurrence, req.PlaceType, req.Place = "02/02/2021", tt.kind, tt.place
			if _, _, err := d.decide(req); registry.KindOf(err) != tt.want {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestASingleDoseCompletesTheRecord(t *testing.T) {
	w := newWorld(t)
	martin := rt.Doctor("Martin")
	w.eligible(martin)
	w.clock.SetDay("2021-05-03")
	req := rt.DoseRequest()
	req.Vaccine, req.Lot, req.Occurrence = rt.Janssen, "XD955", "03/05/2021"
	r := w.must(w.g.RecordDose(background, w.act(martin, registry.StepFirstDose), req))
	dose, _ := r.Dose(registry.StepFirstDose)
	if r.State() != registry.StateCompleteSingle || !r.SingleDose() || !dose.Current().Content.BookFrom.IsZero() {
		t.Errorf("state %s, second appointment %v", r.State(), dose.Current().Content.BookFrom)
	}
}

func TestConfirmationsAreKeptWithTheVersion(t *testing.T) {
	d := firstDosing(t)
	req := rt.DoseRequest()
	req.Lot, req.Confirmed = "ZZ9999", []string{"unknown-lot:COMIRNATY:ZZ9999"}
	d.world.must(d.world.g.RecordDose(background, d.world.act(d.by, registry.StepFirstDose), req))
	dose, _ := d.world.record().Dose(registry.StepFirstDose)
	if kept := dose.Current().Confirmed; len(kept) != 1 || kept[0].Code != req.Confirmed[0] || kept[0].Sentence == "" {
		t.Errorf("kept %+v", kept)
	}
}
