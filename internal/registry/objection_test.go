package registry_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

func said(on string, channel registry.Channel) registry.ObjectionRequest {
	return registry.ObjectionRequest{On: on, Channel: string(channel)}
}

// objector is a world whose patient objected by letter, recorded by an agent.
func objector(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.clock.SetDay(walkDay)
	w.object(t)
	return w
}

func (w *world) object(t *testing.T) {
	t.Helper()
	act := w.act(rt.Support("Alex"), 0)
	if _, err := w.g.RecordObjection(background, act, said("01/02/2021", registry.ChannelMail)); err != nil {
		t.Fatal(err)
	}
}

// actions are those of the access log since it had so many.
func (w *world) actions(since int) (all []registry.Action) {
	for _, e := range w.store.Events()[since:] {
		all = append(all, e.Action)
	}
	return all
}

func TestWhatAPersonMaySay(t *testing.T) {
	today, since := registry.MustDate("2021-02-10"), registry.MustDate("2021-02-03")
	for _, c := range []struct {
		name, on, channel string
		since             registry.Date
		refused           map[string]string
	}{
		{"today", "10/02/2021", "mail", registry.Date{}, nil},
		{"an ISO day, at the desk", "2021-02-03", "desk", since, nil},
		{"nothing", " ", "", registry.Date{}, map[string]string{"objection_on": "Saisissez le jour", "channel": "Choisissez"}},
		{"no such day", "31/02/2021", "phone", registry.Date{}, map[string]string{"objection_on": "n’existe pas"}},
		{"tomorrow", "11/02/2021", "phone", registry.Date{}, map[string]string{"objection_on": "dans le futur"}},
		{"another century", "10/02/1921", "phone", registry.Date{}, map[string]string{"objection_on": "antérieure à l’épidémie"}},
		{"withdrawn before it was made", "02/02/2021", "email", since, map[string]string{"objection_on": "précède l’opposition, qui est du 03/02/2021"}},
		{"no such channel", "10/02/2021", "pigeon", registry.Date{}, map[string]string{"channel": "Choisissez"}},
		{"a channel by its label", "10/02/2021", "Courrier", registry.Date{}, map[string]string{"channel": "Choisissez"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			on, channel, err := registry.DecideStatement(registry.ObjectionRequest{On: c.on, Channel: c.channel}, c.since, today)
			var refusal *registry.Error
			if errors.As(err, &refusal) != (c.refused != nil) {
				t.Fatalf("refused: %v", err)
			}
			if c.refused == nil {
				if on.IsZero() || string(channel) != c.channel {
					t.Errorf("decided %v, %v", on, channel)
				}
				return
			}
			for _, f := range refusal.Fields {
				if want := c.refused[f.Field]; want == "" || !strings.Contains(f.Message, want) {
					t.Errorf("%s: %q, want %q", f.Field, f.Message, want)
				}
			}
			if len(refusal.Fields) != len(c.refused) {
				t.Errorf("refused %v", refusal.Fields)
			}
		})
	}
}

func TestEveryChannelHasItsLabel(t *testing.T) {
	for _, c := range registry.Channels {
		if c.Label() == string(c) {
			t.Errorf("%s has no label", c)
		}
	}
}

func TestAnObjectionIsKeptWithItsDayItsChannelAndItsAgent(t *testing.T) {
	w := objector(t)
	r := w.record()
	o, objects := r.Objection()
	want := registry.Objection{Sequence: 1, Made: registry.Statement{On: registry.MustDate("2021-02-01"), Channel: registry.ChannelMail, Signed: o.Made.Signed}}
	if diff := cmp.Diff(want, o); diff != "" || !objects || !r.Objects() {
		t.Error(diff, objects)
	}
	if s := o.Made.Signed; s.Role != registry.RoleSupport || s.Practitioner != rt.Support("Alex").Practitioner || s.At.IsZero() {
		t.Errorf("signed %+v", s)
	}
	if got := w.actions(0); !slices.Equal(got, []registry.Action{registry.ActionObject}) {
		t.Errorf("logged %v", got)
	}
}

func TestAWithdrawalEndsAnObjectionAndAnotherMayFollow(t *testing.T) {
	w := objector(t)
	act := w.act(rt.Agent(registry.RoleDataProtection, "Marc"), 0)
	act.Entry = 2
	if _, err := w.g.WithdrawObjection(background, act, said("02/02/2021", registry.ChannelPhone)); registry.KindOf(err) != registry.KindConflict {
		t.Errorf("another objection than the one shown: %v", err)
	}
	act.Entry = 1
	w.clock.SetDay("2021-05-12")
	w.must(w.g.WithdrawObjection(background, act, said("02/02/2021", registry.ChannelPhone)))
	if r := w.record(); r.Objects() || len(r.Objections) != 1 || r.Objections[0].Withdrawn.Channel != registry.ChannelPhone {
		t.Errorf("after the withdrawal: %+v", r.Objections)
	}
	w.object(t)
	if o, ok := w.record().Objection(); !ok || o.Sequence != 2 {
		t.Errorf("the second objection is %+v", o)
	}
}

// An agreement lifts an objection, and is the only one to: once annulled it has lifted nothing. Each turn leaves its entry.
func TestAnAgreementLiftsAnObjectionUntilItIsAnnulled(t *testing.T) {
	w := objector(t)
	martin := rt.Doctor("Martin")
	for range 2 {
		before := len(w.store.Events())
		w.must(w.g.DeclareEligibility(background, w.act(martin, registry.StepEligibility), walkEligibility(false)))
		if step, lifted := w.record().ObjectionLifted(); w.record().Objects() || !lifted || step != registry.StepEligibility {
			t.Fatal("the agreement lifts nothing")
		}
		if got := w.actions(before); !slices.Equal(got, []registry.Action{registry.ActionDeclareEligibility, registry.ActionLiftObjection}) {
			t.Errorf("logged %v", got)
		}
		act := w.act(rt.Support("Alex"), 0)
		if _, err := w.g.RecordObjection(background, act, said("02/02/2021", registry.ChannelMail)); !startsWith(err, noAfterConsent) {
			t.Errorf("an objection after the agreement: %v", err)
		}
		if _, err := w.g.WithdrawObjection(background, act, said("02/02/2021", registry.ChannelMail)); registry.KindOf(err) != registry.KindConflict {
			t.Errorf("a withdrawal after the agreement: %v", err)
		}
		before = len(w.store.Events())
		w.annul(martin, registry.StepEligibility)
		if !w.record().Objects() {
			t.Fatal("the objection does not come back when the agreement was entered in error")
		}
		if got := w.actions(before); !slices.Equal(got, []registry.Action{registry.ActionAnnulEligibility, registry.ActionRestoreObjection}) {
			t.Errorf("logged %v", got)
		}
	}
	if n := len(w.record().Objections); n != 1 {
		t.Errorf("%d objections", n)
	}
}

// Under the other limit one may object after the agreement; an injection lifts that, and nothing else of the same
// declaration does.
func TestUntilTheInjectionWhereTheLimitSaysSo(t *testing.T) {
	w := newWorld(t)
	w.clock.SetDay(walkDay)
	change := registry.ReferenceChange{ObjectionLimits: []registry.ObjectionLimit{{From: registry.MustDate("2021-01-01"), Step: registry.StepFirstDose}}}
	if err := w.store.ImportReference(background, change, w.g.ImportEvent(rt.Support("Alex"), 1, "digest")); err != nil {
		t.Fatal(err)
	}
	martin := rt.Doctor("Martin")
	w.must(w.g.DeclareEligibility(background, w.act(martin, registry.StepEligibility), walkEligibility(false)))
	w.object(t)
	rectify := w.act(martin, registry.StepEligibility)
	rectify.From = 1
	w.must(w.g.RectifyEligibility(background, rectify, walkEligibility(true)))
	if !w.record().Objects() {
		t.Error("a rectification of what was declared before lifts the objection")
	}
	before := len(w.store.Events())
	w.must(w.g.RecordDose(background, w.act(martin, registry.StepFirstDose), walkDose(registry.StepFirstDose, rt.Comirnaty)))
	if step, lifted := w.record().ObjectionLifted(); w.record().Objects() || !lifted || step != registry.StepFirstDose {
		t.Error("the injection lifts nothing")
	}
	if got := w.actions(before); !slices.Equal(got, []registry.Action{registry.ActionRecordFirstDose, registry.ActionLiftObjection}) {
		t.Errorf("logged %v", got)
	}
	w.annul(martin, registry.StepFirstDose)
	w.annul(martin, registry.StepEligibility)
	if !w.record().Objects() {
		t.Error("with both annulled, the objection is not back")
	}
	w.must(w.g.DeclareEligibility(background, w.act(martin, registry.StepEligibility), walkEligibility(false)))
	if w.record().Objects() {
		t.Error("a new agreement lifts nothing")
	}
}

func TestAStatementSentTwiceIsRecordedOnce(t *testing.T) {
	w := newWorld(t)
	w.clock.SetDay(walkDay)
	act := w.act(rt.Support("Alex"), 0)
	act.Request = "form"
	send := func(act registry.Act, on string) (registry.Done, error) {
		return w.g.RecordObjection(background, act, said(on, registry.ChannelMail))
	}
	w.must(send(act, "01/02/2021"))
	if done, err := send(act, "01/02/2021"); err != nil || !done.Already {
		t.Errorf("the same form again: %v, %v", done.Already, err)
	}
	if _, err := send(act, "02/02/2021"); registry.KindOf(err) != registry.KindConflict {
		t.Errorf("the same form with another day: %v", err)
	}
	other := act
	other.Request = "other form"
	if done, err := send(other, "01/02/2021"); err != nil || !done.Already {
		t.Errorf("another form that says the same: %v, %v", done.Already, err)
	}
	other.By = rt.Support("Chloé")
	if _, err := send(other, "01/02/2021"); registry.KindOf(err) != registry.KindConflict {
		t.Errorf("by someone else: %v", err)
	}
	withdrawal := act
	withdrawal.Request, withdrawal.Entry = "withdrawal", 1
	for i := range 2 {
		done, err := w.g.WithdrawObjection(background, withdrawal, said("03/02/2021", registry.ChannelDesk))
		if err != nil || done.Already != (i == 1) {
			t.Errorf("withdrawn: %v, %v", done.Already, err)
		}
	}
	again := withdrawal
	again.Request = "another withdrawal"
	for on, already := range map[string]bool{"03/02/2021": true, "04/02/2021": false} {
		if done, err := w.g.WithdrawObjection(background, again, said(on, registry.ChannelDesk)); done.Already != already || (err == nil) != already {
			t.Errorf("another form that takes back on %s: %v, %v", on, done.Already, err)
		}
	}
	if _, err := send(act, "01/02/2021"); registry.KindOf(err) != registry.KindConflict {
		t.Errorf("the first form once more: %v", err)
	}
	act.By, withdrawal.By = rt.Agent(registry.RoleCampaign, "Alex"), rt.Agent(registry.RoleCampaign, "Alex")
	if _, err := send(act, "01/02/2021"); registry.KindOf(err) != registry.KindNotAllowed {
		t.Errorf("the first form, by who may not any more: %v", err)
	}
	if _, err := w.g.WithdrawObjection(background, withdrawal, said("03/02/2021", registry.ChannelDesk)); registry.KindOf(err) != registry.KindNotAllowed {
		t.Errorf("the withdrawal, by who may not any more: %v", err)
	}
	if r := w.record(); r.Objects() || len(r.Objections) != 1 {
		t.Errorf("in the end: %+v", r.Objections)
	}
	w.clock.SetDay("2021-05-13")
	for _, request := range []string{"\x00", strings.Repeat("x", 65)} {
		bad := act
		bad.Request = request
		if _, err := send(bad, "01/02/2021"); registry.KindOf(err) != registry.KindInvalid {
			t.Errorf("request %q: %v", request, err)
		}
	}
}

// Whoever looks for a person who objects sees who they are and what they said; the log says why they looked.
func TestAnObjectorIsFoundWithoutTheirVaccination(t *testing.T) {
	w := objector(t)
	by := rt.Support("Alex")
	before := len(w.store.Events())
	found, err := w.g.FindObjector(background, by, w.record().Patient.Holder.Format())
	if err != nil || len(found) != 1 || found[0].ID != "patient" || !found[0].Objects || registry.KindOf(found[0].Refused) != registry.KindConflict {
		t.Fatalf("%+v, %v", found, err)
	}
	one, err := w.g.Objector(background, by, "patient")
	if err != nil || one.Patient != w.record().Patient || len(one.Objections) != 1 {
		t.Errorf("%+v, %v", one, err)
	}
	for _, e := range w.store.Events()[before:] {
		if e.Reason != registry.ReasonObjection || e.Record != "patient" || e.Outcome != registry.OutcomeFound {
			t.Errorf("logged %+v", e)
		}
	}
	for typed, field := range map[string]bool{" ": true, "2 69 05 49 588 157 81": true, "1 84 12 76 451 089 46": false} {
		_, err := w.g.FindObjector(background, by, typed)
		var refusal *registry.Error
		if !errors.As(err, &refusal) || (len(refusal.Fields) == 1) != field {
			t.Errorf("%q: %v", typed, err)
		}
	}
	for _, other := range []registry.Actor{rt.Doctor("Martin"), rt.Agent(registry.RoleCampaign, "Chef")} {
		if _, err := w.g.FindObjector(background, other, w.record().Patient.Holder.Format()); registry.KindOf(err) != registry.KindNotAllowed {
			t.Errorf("%s finds: %v", other.Role, err)
		}
		if _, err := w.g.Objector(background, other, "patient"); registry.KindOf(err) != registry.KindNotAllowed {
			t.Errorf("%s sees: %v", other.Role, err)
		}
	}
	if _, err := w.g.Objector(background, by, "nobody"); registry.KindOf(err) != registry.KindNotFound {
		t.Errorf("nobody: %v", err)
	}
}

func TestTheLimitOfTheDayIsTheLatestThatBegan(t *testing.T) {
	ref := registry.Reference{ObjectionLimits: []registry.ObjectionLimit{
		{From: registry.MustDate("2021-03-01"), Step: registry.StepEligibility}, {From: registry.MustDate("2021-02-01"), Step: registry.StepFirstDose},
	}}
	for day, want := range map[string]registry.Step{"2021-01-31": registry.StepEligibility, "2021-02-01": registry.StepFirstDose, "2021-02-28": registry.StepFirstDose, "2021-03-01": registry.StepEligibility} {
		if got := ref.ObjectionLimit(registry.MustDate(day)); got != want {
			t.Errorf("on %s: %d", day, got)
		}
	}
}

// What a person said under two records stays said, and what is in force counts.
func TestObjectionsOfTwoRecordsOfOnePerson(t *testing.T) {
	at := func(hour int) registry.Signature {
		return registry.Signature{At: rt.NewClock().Now().Add(time.Duration(hour) * time.Hour)}
	}
	objection := func(n, hour int, withdrawn bool) registry.Objection {
		o := registry.Objection{Sequence: n, Made: registry.Statement{Signed: at(hour)}}
		if withdrawn {
			o.Withdrawn = &registry.Statement{Signed: at(hour + 1)}
		}
		return o
	}
	of := func(all ...registry.Objection) registry.Record { return registry.Record{Objections: all} }
	eligible := func(hour int, r registry.Record) registry.Record {
		r.Eligibilities = []registry.Entry[registry.Eligibility]{{Sequence: 1, Versions: []registry.Version[registry.Eligibility]{{Number: 1, Signed: at(hour)}}}}
		return r
	}
	dosed := eligible(1, of())
	dosed.FirstDoses = []registry.Entry[registry.Dose]{{Sequence: 1, Versions: []registry.Version[registry.Dose]{{Number: 1}}}}
	for name, c := range map[string]struct {
		stays, other registry.Record
		order        []int // hours
		declared     int   // before the last
		objects      bool
	}{
		"none of the other":                 {of(objection(1, 1, false)), of(), []int{1}, 0, true},
		"one of the other":                  {of(), of(objection(1, 1, false)), []int{1}, 0, true},
		"taken back":                        {of(), of(objection(1, 1, true)), []int{1}, 0, false},
		"both in force":                     {of(objection(1, 3, false)), of(objection(1, 5, false)), []int{5, 3}, 0, true},
		"taken back under the other":        {of(objection(1, 3, false)), of(objection(1, 5, true)), []int{5, 3}, 0, true},
		"taken back under the one it stays": {of(objection(1, 5, true)), of(objection(1, 1, true), objection(2, 3, false)), []int{5, 1, 3}, 0, true},
		"taken back under both":             {of(objection(1, 1, true)), of(objection(1, 3, true)), []int{3, 1}, 0, false},
		"after an agreement":                {eligible(2, of()), of(objection(1, 3, false)), []int{3}, 1, true},
		"in the moment of an agreement":     {eligible(3, of()), of(objection(1, 3, false)), []int{3}, 1, true},
		"before an agreement":               {eligible(4, of()), of(objection(1, 3, false)), []int{3}, 0, false},
		"lifted, and again after it":        {eligible(4, of(objection(1, 1, false))), of(objection(1, 5, false)), []int{1, 5}, 1, true},
		"with a dose":                       {dosed, of(objection(1, 3, false)), []int{3}, 1, false},
	} {
		joined := c.stays.WithObjectionsOf(c.other)
		var order []int
		for i, o := range joined.Objections {
			order = append(order, int(o.Made.Signed.At.Sub(rt.NewClock().Now())/time.Hour))
			if o.Sequence != i+1 {
				t.Errorf("%s: the number of the objection %d is %d", name, i+1, o.Sequence)
			}
		}
		if last := joined.Objections[len(joined.Objections)-1]; !slices.Equal(order, c.order) || last.Declared != c.declared || joined.Objects() != c.objects {
			t.Errorf("%s: %v, %d declared before the last, in force: %t", name, order, last.Declared, joined.Objects())
		}
	}
}
