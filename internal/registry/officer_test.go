package registry_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

func officer() registry.Actor { return rt.Agent(registry.RoleDataProtection, "Vidal") }

// last is the latest event of the log of a store in memory.
func last(m *rt.Memory) registry.Event {
	events := m.Events()
	return events[len(events)-1]
}

func TestTheLogIsShownWithPseudonymsAndNoRecord(t *testing.T) {
	w := newWorld(t)
	w.eligible(rt.Doctor("Martin"))
	other := w.store.Add("another-record", rt.Patient(77), 0)
	if _, err := w.g.Read(background, rt.Doctor("Martin"), other, registry.ActionRead); err != nil {
		t.Fatal(err)
	}
	shown, err := w.g.ReadLog(background, officer(), registry.LogRequest{}, registry.EntryRef{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[registry.Pseudonym]int{}
	for _, e := range shown {
		if e.Record != "" || strings.Contains(string(e.Patient), string(w.id)) {
			t.Errorf("an entry shows its record: %+v", e)
		}
		seen[e.Patient]++
	}
	mine, err := w.g.PseudonymOf(w.id)
	if err != nil || seen[mine] < 1 || mine == "" || len(mine) != len("P-AAAA-AAAA-AAAA-AAAA") {
		t.Errorf("the pseudonym %q of a record stands %d times, %v", mine, seen[mine], err)
	}
	if theirs, _ := w.g.PseudonymOf(other); theirs == mine || seen[theirs] != 1 {
		t.Errorf("%q and %q are to be told apart", mine, theirs)
	}
	if e := last(w.store); e.Action != registry.ActionReadLog || e.Count != len(shown) || e.NationalID != officer().Practitioner.NationalID {
		t.Errorf("the reading is logged as %+v", e)
	}
	w.g.PseudonymKey = []byte("another key")
	if changed, _ := w.g.PseudonymOf(w.id); changed == mine {
		t.Error("the pseudonym does not depend on the key")
	}
	w.g.PseudonymKey = nil
	if shown, err := w.g.ReadLog(background, officer(), registry.LogRequest{}, registry.EntryRef{}, 100); err == nil || len(shown) > 0 {
		t.Error("without a key the log is shown")
	}
}

func TestOnlyTheOfficerReadsTheLogResolvesAndDiscloses(t *testing.T) {
	w := newWorld(t)
	w.eligible(rt.Doctor("Martin"))
	ref := registry.EntryRef{At: last(w.store).At, Number: int64(len(w.store.Events()))}
	for _, by := range []registry.Actor{rt.Doctor("Martin"), rt.Support("Alex"), rt.Agent(registry.RoleCampaign, "Lea"), rt.Agent(registry.RoleSystem, "root")} {
		for name, try := range map[string]func() error{
			"read": func() error {
				_, err := w.g.ReadLog(background, by, registry.LogRequest{}, registry.EntryRef{}, 9)
				return err
			},
			"entry":   func() error { _, err := w.g.LogEntry(background, by, ref); return err },
			"resolve": func() error { _, err := w.g.Resolve(background, by, ref, "Contrôle"); return err },
			"record":  func() error { _, err := w.g.RecordOf(background, by, ref); return err },
			"search": func() error {
				_, err := w.g.FindPerson(background, by, rt.Patient(1).Holder.Format(), true)
				return err
			},
			"disclose": func() error { _, err := w.g.Holdings(background, by, w.id); return err },
		} {
			before := len(w.store.Events())
			if err := try(); registry.KindOf(err) != registry.KindNotAllowed {
				t.Errorf("%s, %s: %v", by.Role, name, err)
			}
			if e := last(w.store); len(w.store.Events()) != before+1 || e.Outcome != registry.OutcomeRefused || e.Role != by.Role {
				t.Errorf("%s, %s: logged %+v", by.Role, name, e)
			}
		}
	}
}

func TestAPseudonymIsResolvedForAReasonThatTheLogKeeps(t *testing.T) {
	w := newWorld(t)
	w.eligible(rt.Doctor("Martin"))
	number := len(w.store.Events())
	ref := registry.EntryRef{At: last(w.store).At, Number: int64(number)}
	for _, none := range []string{"", " ", strings.Repeat("é", 301), "a\ab"} {
		_, err := w.g.Resolve(background, officer(), ref, none)
		var refusal *registry.Error
		if !errors.As(err, &refusal) || refusal.Kind != registry.KindInvalid || len(refusal.Fields) != 1 || refusal.Fields[0].Field != registry.FieldReason {
			t.Errorf("%q: %v", none, err)
		}
	}
	if len(w.store.Events()) != number {
		t.Error("what was not tried is logged")
	}
	patient, err := w.g.Resolve(background, officer(), ref, "  Plainte n°  12 ")
	if err != nil || patient != w.record().Patient {
		t.Errorf("%v, %v", patient, err)
	}
	if e := last(w.store); e.Action != registry.ActionResolve || e.Reason != "Plainte n° 12" || e.Record != w.id || e.Outcome != registry.OutcomeFound {
		t.Errorf("logged %+v", e)
	}
	for _, wrong := range []registry.EntryRef{{}, {At: ref.At, Number: 999}, {At: ref.At.Add(time.Second), Number: ref.Number}} {
		if _, err := w.g.Resolve(background, officer(), wrong, "Plainte"); registry.KindOf(err) != registry.KindNotFound {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	// The reading of the log is an entry about nobody.
	if _, err := w.g.ReadLog(background, officer(), registry.LogRequest{}, registry.EntryRef{}, 1); err != nil {
		t.Fatal(err)
	}
	about := registry.EntryRef{At: last(w.store).At, Number: int64(len(w.store.Events()))}
	if _, err := w.g.Resolve(background, officer(), about, "Plainte"); registry.KindOf(err) != registry.KindNotFound {
		t.Errorf("an entry about nobody: %v", err)
	}
}

func TestTheLogIsAskedForInWords(t *testing.T) {
	paris := func(day string) time.Time {
		d := registry.MustDate(day)
		return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, registry.ZoneOf(""))
	}
	for name, c := range map[string]struct {
		req   registry.LogRequest
		want  registry.EventQuery
		field string // of the refusal
	}{
		"all":             {},
		"RPPS":            {req: registry.LogRequest{Professional: " 10003 456-781"}, want: registry.EventQuery{NationalID: "810003456781"}},
		"national RPPS":   {req: registry.LogRequest{Professional: "810003456781"}, want: registry.EventQuery{NationalID: "810003456781"}},
		"ADELI":           {req: registry.LogRequest{Professional: "123456789"}, want: registry.EventQuery{NationalID: "0123456789"}},
		"national ADELI":  {req: registry.LogRequest{Professional: "0123456789"}, want: registry.EventQuery{NationalID: "0123456789"}},
		"agent":           {req: registry.LogRequest{Professional: "agent:a-1"}, want: registry.EventQuery{NationalID: "agent:a-1"}},
		"a name":          {req: registry.LogRequest{Professional: "Martin"}, field: registry.FieldProfessional},
		"too few":         {req: registry.LogRequest{Professional: "1234"}, field: registry.FieldProfessional},
		"an odd sign":     {req: registry.LogRequest{Professional: "agent:\a"}, field: registry.FieldProfessional},
		"days":            {req: registry.LogRequest{From: "01/02/2021", Until: "01/02/2021"}, want: registry.EventQuery{From: paris("2021-02-01"), Until: paris("2021-02-02")}},
		"summer time":     {req: registry.LogRequest{From: "28/03/2021", Until: "28/03/2021"}, want: registry.EventQuery{From: paris("2021-03-28"), Until: paris("2021-03-29")}},
		"no day":          {req: registry.LogRequest{From: "30/02/2021"}, field: registry.FieldFrom},
		"backwards":       {req: registry.LogRequest{From: "02/02/2021", Until: "01/02/2021"}, field: registry.FieldUntil},
		"place alone":     {req: registry.LogRequest{Place: "R1"}, field: registry.FieldFrom},
		"place, no end":   {req: registry.LogRequest{Place: "R1", From: "01/02/2021"}, field: registry.FieldUntil},
		"place, too long": {req: registry.LogRequest{Place: "R1", From: "01/01/2021", Until: "01/02/2021"}, field: registry.FieldUntil},
		"place, a month": {
			req:  registry.LogRequest{Place: "R1", From: "01/01/2021", Until: "31/01/2021"},
			want: registry.EventQuery{PlaceID: "R1", From: paris("2021-01-01"), Until: paris("2021-02-01")},
		},
		"place of someone": {
			req:  registry.LogRequest{Place: "R1", Professional: "123456789"},
			want: registry.EventQuery{PlaceID: "R1", NationalID: "0123456789"},
		},
		"action alone":     {req: registry.LogRequest{Action: registry.ActionDeliverLetters}, field: registry.FieldFrom},
		"action, no end":   {req: registry.LogRequest{Action: registry.ActionDeliverLetters, From: "01/02/2021"}, field: registry.FieldUntil},
		"action, too long": {req: registry.LogRequest{Action: registry.ActionDeliverLetters, From: "01/01/2021", Until: "01/02/2021"}, field: registry.FieldUntil},
		"no action":        {req: registry.LogRequest{Action: "dance", Professional: "123456789"}, field: registry.FieldLogAction},
		"action, a month": {
			req:  registry.LogRequest{Action: registry.ActionDeliverLetters, From: "01/01/2021", Until: "31/01/2021"},
			want: registry.EventQuery{Action: registry.ActionDeliverLetters, From: paris("2021-01-01"), Until: paris("2021-02-01")},
		},
		"action of someone": {
			req:  registry.LogRequest{Action: registry.ActionRead, Professional: "123456789"},
			want: registry.EventQuery{Action: registry.ActionRead, NationalID: "0123456789"},
		},
		"place of a patient": {req: registry.LogRequest{Place: "R1", Record: "r"}, want: registry.EventQuery{PlaceID: "R1", Record: "r"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := registry.DecideLogQuery(c.req)
			var refusal *registry.Error
			if c.field != "" {
				if !errors.As(err, &refusal) || len(refusal.Fields) != 1 || refusal.Fields[0].Field != c.field {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestAPersonIsFoundForTheirRequestAndGetsEverything(t *testing.T) {
	w := newWorld(t)
	w.object(t)
	withdrawal := w.act(rt.Support("Chloé"), 0)
	w.must(w.g.WithdrawObjection(background, withdrawal, said("01/02/2021", registry.ChannelPhone)))
	w.eligible(rt.Doctor("Martin"))
	p := w.record().Patient
	for _, typed := range []string{p.Holder.Format(), w.record().Code.Format()} {
		found, err := w.g.FindPerson(background, officer(), typed, true)
		if err != nil || len(found) != 1 || found[0].ID != w.id {
			t.Fatalf("%d found, %v", len(found), err)
		}
		if e := last(w.store); e.Reason != registry.ReasonRequested || e.Record != w.id || e.Outcome != registry.OutcomeFound {
			t.Errorf("logged %+v", e)
		}
	}
	held, err := w.g.Holdings(background, officer(), w.id)
	if err != nil || held.Record.ID != w.id || len(held.Log) == 0 {
		t.Fatalf("%+v, %v", held, err)
	}
	if e := last(w.store); e.Action != registry.ActionDisclose || e.Reason != registry.ReasonRequested || e.Record != w.id {
		t.Errorf("logged %+v", e)
	}
	for _, who := range []registry.Actor{rt.Doctor("Martin"), rt.Support("Alex"), rt.Support("Chloé")} {
		if got := held.People()[who.Practitioner.NationalID]; got != who.Practitioner {
			t.Errorf("%s is known as %+v", who.Practitioner.FamilyName, got)
		}
	}
	if _, err := w.g.Holdings(background, officer(), "nobody"); registry.KindOf(err) != registry.KindNotFound {
		t.Errorf("of nobody: %v", err)
	}
}

func TestTheSearchOfAPersonIsRefusedBesideItsFields(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		typed     string
		requested bool
		kind      registry.Kind
		fields    []string
		outcome   registry.Outcome // of the last event; none for nothing tried
	}{
		"nothing":      {"", false, registry.KindInvalid, []string{registry.FieldPerson, registry.FieldRequested}, ""},
		"not asked":    {rt.NIR(1).Format(), false, registry.KindInvalid, []string{registry.FieldRequested}, ""},
		"wrong key":    {"2 69 05 49 588 157 81", true, registry.KindInvalid, []string{registry.FieldPerson}, registry.OutcomeMalformed},
		"no number":    {"bonjour", true, registry.KindInvalid, []string{registry.FieldPerson}, registry.OutcomeMalformed},
		"unknown":      {rt.NIR(4321).Format(), true, registry.KindNotFound, nil, registry.OutcomeNothing},
		"unknown code": {registry.TargetCode(987654).Format(), true, registry.KindNotFound, nil, registry.OutcomeNothing},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(w.store.Events())
			_, err := w.g.FindPerson(background, officer(), c.typed, c.requested)
			var refusal *registry.Error
			if !errors.As(err, &refusal) || refusal.Kind != c.kind || len(refusal.Fields) != len(c.fields) {
				t.Fatalf("%v", err)
			}
			for i, f := range refusal.Fields {
				if f.Field != c.fields[i] {
					t.Errorf("%s stands where %s should", f.Field, c.fields[i])
				}
			}
			if tried := len(w.store.Events()) > before; tried != (c.outcome != "") || tried && last(w.store).Outcome != c.outcome {
				t.Errorf("logged %v", w.store.Events()[before:])
			}
		})
	}
}

// An officer's account in wrong hands is no better way to guess than a practitioner's.
func TestAnOfficerWhoGuessesIsStoppedToo(t *testing.T) {
	w := newWorld(t)
	for try := range 31 {
		_, err := w.g.FindPerson(background, officer(), registry.TargetCode(987654).Format(), true)
		if want := try == 30; (registry.KindOf(err) == registry.KindThrottled) != want {
			t.Fatalf("try %d: %v", try, err)
		}
	}
}
