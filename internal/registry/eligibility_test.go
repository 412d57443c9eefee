package registry_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

// sentences are what a form is answered: field → sentence.
func sentences(t testing.TB, err error, kind registry.Kind) map[string]string {
	t.Helper()
	e := refusal(t, err, kind)
	all := map[string]string{}
	for _, f := range e.Fields {
		all[f.Field] = f.Message
	}
	for _, q := range e.Questions {
		all[q.Field] = q.Message
	}
	if len(all) != len(e.Fields)+len(e.Questions) {
		t.Errorf("a field is answered twice: %v", e)
	}
	return all
}

// formCase is a form, what was changed of a valid one, and the answer.
type formCase[T any] struct {
	name    string
	change  func(*T)
	field   string
	message string
}

var eligibilityRefusals = []formCase[registry.EligibilityRequest]{
	{
		"nobody says who prescribes", func(r *registry.EligibilityRequest) { r.Prescribes = "" },
		registry.FieldPrescribes, "Indiquez si vous êtes également le prescripteur de l’ordonnance de vaccination.",
	},
	{
		"a forged answer", func(r *registry.EligibilityRequest) { r.Prescribes = "oui" },
		registry.FieldPrescribes, "Indiquez si vous êtes également le prescripteur de l’ordonnance de vaccination.",
	},
	{
		"no family name", func(r *registry.EligibilityRequest) { r.FamilyName = "  " },
		registry.FieldPrescriberFamily, "Saisissez le nom du prescripteur.",
	},
	{
		"no given name", func(r *registry.EligibilityRequest) { r.GivenName = "" },
		registry.FieldPrescriberGiven, "Saisissez le prénom du prescripteur.",
	},
	{
		"no number", func(r *registry.EligibilityRequest) { r.Number = "" },
		registry.FieldPrescriberNumber, "Saisissez le numéro RPPS (11\u00a0chiffres) ou le numéro AM (9\u00a0chiffres) du prescripteur.",
	},
	{
		"a number of ten digits", func(r *registry.EligibilityRequest) { r.Number = "1234567890" },
		registry.FieldPrescriberNumber, "Ce numéro doit avoir 11\u00a0chiffres (RPPS) ou 9\u00a0chiffres (AM). Vérifiez-le.",
	},
	{
		"a number with a letter", func(r *registry.EligibilityRequest) { r.Number = "1000123456O" },
		registry.FieldPrescriberNumber, "Ce numéro doit avoir 11\u00a0chiffres (RPPS) ou 9\u00a0chiffres (AM). Vérifiez-le.",
	},
	{
		"no structure", func(r *registry.EligibilityRequest) { r.Structure = "" },
		registry.FieldStructure, "Saisissez la structure du prescripteur, telle qu’elle figure sur l’ordonnance.",
	},
	{
		"no date", func(r *registry.EligibilityRequest) { r.PrescribedOn = " " },
		registry.FieldPrescribedOn, "Saisissez la date de l’ordonnance.",
	},
	{
		"a date in words", func(r *registry.EligibilityRequest) { r.PrescribedOn = "hier" },
		registry.FieldPrescribedOn, "Écrivez la date sous la forme jour, mois, année, par exemple 27/12/2020.",
	},
	{
		"31 February", func(r *registry.EligibilityRequest) { r.PrescribedOn = "31/02/2021" },
		registry.FieldPrescribedOn, "Cette date n’existe pas dans le calendrier. Vérifiez le jour, le mois et l’année.",
	},
	{
		"tomorrow", func(r *registry.EligibilityRequest) { r.PrescribedOn = "02/02/2021" },
		registry.FieldPrescribedOn, "La date de l’ordonnance est dans le futur. Vérifiez-la.",
	},
	{
		"a slip of the century", func(r *registry.EligibilityRequest) { r.PrescribedOn = "28/01/0202" },
		registry.FieldPrescribedOn, "Cette date est antérieure à l’épidémie de Covid-19. Vérifiez l’année de l’ordonnance.",
	},
	{
		"nobody says whether a professional", func(r *registry.EligibilityRequest) { r.HealthProfessional = "" },
		registry.FieldHealthProfessional, "Indiquez si le patient est un professionnel de santé.",
	},
	{
		"a professional without activity", func(r *registry.EligibilityRequest) { r.HealthProfessional = registry.Yes },
		registry.FieldActivity, "Choisissez l’activité principale du patient.",
	},
	{
		"a forged activity", func(r *registry.EligibilityRequest) { r.HealthProfessional, r.Activity = registry.Yes, "ASTROLOGUE" },
		registry.FieldActivity, "Choisissez l’activité principale du patient.",
	},
	{
		"the patient does not agree", func(r *registry.EligibilityRequest) { r.PatientAgrees = false },
		registry.FieldPatientAgrees, "L’accord du patient est nécessaire\u00a0: cochez cette case s’il accepte d’entrer dans le processus de vaccination.",
	},
	{
		"the conditions are not accepted", func(r *registry.EligibilityRequest) { r.ConditionsAccepted = false },
		registry.FieldConditions, "Acceptez les conditions de transmission des données et confirmez que vous avez informé le patient.",
	},
}

var today = registry.MustDate("2021-02-01")

func decideEligibility(req registry.EligibilityRequest) (registry.Eligibility, []registry.Confirmation, error) {
	return registry.DecideEligibility(req, rt.Reference(), rt.Doctor("Martin"), today, registry.Date{})
}

func TestEligibilityRefusals(t *testing.T) {
	for _, tt := range eligibilityRefusals {
		t.Run(tt.name, func(t *testing.T) {
			req := rt.PaperRequest("Dubois")
			tt.change(&req)
			content, _, err := decideEligibility(req)
			if content != (registry.Eligibility{}) {
				t.Errorf("a content came beside the refusal: %+v", content)
			}
			if diff := cmp.Diff(map[string]string{tt.field: tt.message}, sentences(t, err, registry.KindInvalid)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestAnEmptyDeclarationIsAnsweredAtOnce(t *testing.T) {
	_, _, err := decideEligibility(registry.EligibilityRequest{Prescribes: registry.No, HealthProfessional: registry.Yes})
	got := sentences(t, err, registry.KindInvalid)
	for _, field := range []string{
		registry.FieldPrescriberFamily, registry.FieldPrescriberGiven, registry.FieldPrescriberNumber, registry.FieldStructure,
		registry.FieldPrescribedOn, registry.FieldActivity, registry.FieldPatientAgrees, registry.FieldConditions,
	} {
		if got[field] == "" {
			t.Errorf("nothing is said about %s", field)
		}
	}
	if len(got) != 8 {
		t.Errorf("%d fields are answered: %v", len(got), got)
	}
}

// questionCase is an unusual form: the question, and its code.
type questionCase[T any] struct {
	name    string
	change  func(*T)
	field   string
	code    string
	message string
}

var eligibilityQuestions = []questionCase[registry.EligibilityRequest]{
	{
		"a number whose key is wrong", func(r *registry.EligibilityRequest) { r.Number = "10 001 234 560" },
		registry.FieldPrescriberNumber, "prescriber-number:10001234560",
		"La clé de ce numéro paraît fausse. Confirmez que c’est bien celui du document.",
	},
	{
		"a prescription of 91 days", func(r *registry.EligibilityRequest) { r.PrescribedOn = "02/11/2020" },
		registry.FieldPrescribedOn, "old-prescription:2020-11-02",
		"L’ordonnance date de plus de 90\u00a0jours. Confirmez sa date.",
	},
}

// The referential may be wrong about a death: nobody is refused, and a prescription of before is late and no more.
func TestAPrescriptionAfterTheDeathIsAskedAbout(t *testing.T) {
	for _, tt := range []struct {
		died, code string
	}{{"2021-01-27", "died:2021-01-27:2021-01-28"}, {"2021-01-28", ""}, {"2021-01-30", ""}} {
		req := rt.PaperRequest("Dubois")
		decide := func() ([]registry.Confirmation, error) {
			_, kept, err := registry.DecideEligibility(req, rt.Reference(), rt.Doctor("Martin"), today, registry.MustDate(tt.died))
			return kept, err
		}
		_, err := decide()
		if tt.code == "" {
			if err != nil {
				t.Errorf("died on %s: %v", tt.died, err)
			}
			continue
		}
		const message = "L’Assurance Maladie connaît cette personne comme décédée le 27/01/2021, avant cette date. " +
			"Confirmez que c’est bien le dossier de ce patient, et la date."
		want := []registry.Question{{Code: tt.code, Field: registry.FieldPrescribedOn, Message: message}}
		if diff := cmp.Diff(want, refusal(t, err, registry.KindUnconfirmed).Questions); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		req.Confirmed = []string{tt.code}
		kept, err := decide()
		if diff := cmp.Diff([]registry.Confirmation{{Code: tt.code, Sentence: statement(message)}}, kept); err != nil || diff != "" {
			t.Errorf("confirmed: %v, kept (-want +got)\n%s", err, diff)
		}
	}
}

func TestEligibilityQuestions(t *testing.T) {
	for _, tt := range eligibilityQuestions {
		t.Run(tt.name, func(t *testing.T) {
			req := rt.PaperRequest("Dubois")
			tt.change(&req)
			_, _, err := decideEligibility(req)
			e := refusal(t, err, registry.KindUnconfirmed)
			if diff := cmp.Diff([]registry.Question{{Code: tt.code, Field: tt.field, Message: tt.message}}, e.Questions); diff != "" {
				t.Fatalf("(-want +got)\n%s", diff)
			}
			req.Confirmed = []string{tt.code}
			_, kept, err := decideEligibility(req)
			if diff := cmp.Diff([]registry.Confirmation{{Code: tt.code, Sentence: statement(tt.message)}}, kept); err != nil || diff != "" {
				t.Errorf("confirmed: %v, kept (-want +got)\n%s", err, diff)
			}
			req.ConditionsAccepted = false
			_, _, err = decideEligibility(req)
			req.Confirmed = nil
			_, _, err2 := decideEligibility(req)
			for _, err := range []error{err, err2} {
				if e := refusal(t, err, registry.KindInvalid); len(e.Questions) > 0 {
					t.Errorf("asked while something is refused: %v", e.Questions)
				}
			}
		})
	}
}

func TestNinetyDaysAreNotOld(t *testing.T) {
	req := rt.EligibilityRequest()
	req.PrescribedOn = "03/11/2020"
	if _, kept, err := decideEligibility(req); err != nil || len(kept) > 0 {
		t.Errorf("error %v, kept %v", err, kept)
	}
}

func TestAnAnswerHoldsForTheValueAskedAboutOnly(t *testing.T) {
	req := rt.PaperRequest("Dubois")
	req.Number, req.Confirmed = "10001234560", []string{"prescriber-number:10001234561", "prescriber-number"}
	_, _, err := decideEligibility(req)
	refusal(t, err, registry.KindUnconfirmed)
}

// ELI-1: whoever prescribes too is taken from the session, whatever the form says; the date never is.
func TestThePrescriberComesFromTheSession(t *testing.T) {
	req := rt.EligibilityRequest()
	req.FamilyName, req.GivenName, req.Number, req.Structure = "Forged", "Name", "123456789", "Nowhere"
	got, _, err := decideEligibility(req)
	if err != nil {
		t.Fatal(err)
	}
	by := rt.Doctor("Martin")
	want := registry.Prescriber{
		FamilyName: "Martin", GivenName: "Camille", Number: by.Practitioner.NationalID[1:], Structure: "Cabinet Martin",
	}
	if diff := cmp.Diff(want, got.Prescriber); diff != "" || !got.DeclarerPrescribes {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(want, registry.PrefillPrescriber(by)); diff != "" {
		t.Errorf("prefilled otherwise (-want +got)\n%s", diff)
	}
	if _, _, err := registry.DecideEligibility(registry.EligibilityRequest{
		Prescribes: registry.Yes, HealthProfessional: registry.No, PatientAgrees: true, ConditionsAccepted: true,
	}, rt.Reference(), by, today, registry.Date{}); err == nil {
		t.Error("a declaration without the date of the prescription is accepted")
	}
}

func TestATypedPrescriberIsKeptAsTyped(t *testing.T) {
	req := rt.PaperRequest("Dubois")
	req.FamilyName, req.GivenName, req.HealthProfessional, req.Activity = "  d’Artagnan ", "Anne-Sophie", registry.Yes, rt.ActivityHospital
	number := req.Number
	req.Number = number[:2] + " " + number[2:5] + "\u00a0" + number[5:8] + "." + number[8:]
	got, kept, err := decideEligibility(req)
	want := registry.Eligibility{
		Prescriber:   registry.Prescriber{FamilyName: "d’Artagnan", GivenName: "Anne-Sophie", Number: number, Structure: "Cabinet du Port"},
		PrescribedOn: registry.MustDate("2021-01-28"), HealthProfessional: true, Activity: rt.ActivityHospital,
		PatientAgrees: true, ConditionsAccepted: true,
	}
	if diff := cmp.Diff(want, got); err != nil || len(kept) > 0 || diff != "" {
		t.Errorf("error %v, kept %v (-want +got)\n%s", err, kept, diff)
	}
}

func TestAnActivityOfNoProfessionalIsDropped(t *testing.T) {
	req := rt.EligibilityRequest()
	req.Activity = rt.ActivityHospital
	if got, _, err := decideEligibility(req); err != nil || got.Activity != "" {
		t.Errorf("error %v, activity %q", err, got.Activity)
	}
}

// Every text of the form is guarded against what no keyboard types.
func TestTextsOfAPrescriberAreGuarded(t *testing.T) {
	for name, bad := range badTexts() {
		t.Run(name, func(t *testing.T) {
			req := rt.PaperRequest("Dubois")
			req.FamilyName, req.GivenName, req.Structure = bad, bad, bad
			_, _, err := decideEligibility(req)
			got := sentences(t, err, registry.KindInvalid)
			for _, field := range []string{registry.FieldPrescriberFamily, registry.FieldPrescriberGiven, registry.FieldStructure} {
				if got[field] == "" || strings.Contains(got[field], bad) {
					t.Errorf("%s: %q", field, got[field])
				}
			}
		})
	}
}

// badTexts are texts that every field refuses.
func badTexts() map[string]string {
	return map[string]string{
		"a null":                 "Dur\x00and",
		"an escape":              "Durand\x1b[31m",
		"a line feed":            "Durand\nMartin",
		"10,000 characters":      strings.Repeat("a", 10_000),
		"a right-to-left mark":   "Dur\u202eand",
		"a zero-width space":     "Dur\u200band",
		"broken UTF-8":           "Dur\xffand",
		"a replacement sign":     "Dur\ufffdand",
		"a byte order mark":      "\ufeffDurand",
		"a C1 control character": "Dur\u0085and",
		"a NIR":                  "Durand 2 69 05 49 588 157 80",
		"a NIR unspaced":         "269054958815780",
		"a NIR of Corsica":       "1.80.03.2a.004.012 clé 89",
	}
}
