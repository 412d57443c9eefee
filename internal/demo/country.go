package demo

import (
	"fmt"
	"strings"
	"time"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

// Country is what was invented, for the visitor of the demo and for tests.
type Country struct {
	Today    registry.Date
	Persons  int
	Targeted int                    // persons with a code before any act
	States   map[registry.State]int // records by where they stand
	Acts     int                    // eligibilities and doses that stand
	Digest   string                 // of all the persons: the same for the same options
	Examples []Example              // the cast
	Unknown  []nir.Number           // valid NIRs that nobody has
	Took     time.Duration

	family  []registry.Patient // of the twins, the holder first
	brought []registry.Patient // those entered by hand with a slip, as the referential has them
}

// Example is a member of the cast.
type Example struct {
	Title   string // what there is to see, in French
	Note    string // what to try, in French; may be empty
	Account string // key of the simulator's account that recorded it; empty when none did
	Record  registry.RecordID
	Patient registry.Patient
	Code    registry.TargetCode // zero when there is none
}

// conclude counts the states and picks the examples whose stories happened.
func (c *Country) conclude(roles []role, members []resident, stories []*story) {
	played := 0
	for _, s := range stories {
		if s.outcome.ID != "" {
			c.States[s.outcome.State()]++
			c.Acts += standing(s.outcome)
			played++
		}
	}
	for i, r := range roles {
		happened := stories[i].outcome.ID != ""
		if r.unknown && happened {
			c.Persons++
		}
		if r.brought && happened {
			c.brought = append(c.brought, members[i].Patient)
		}
		if r.title == "" || r.story != nil && !happened {
			continue
		}
		e := Example{Title: r.title, Note: r.note, Record: stories[i].record, Patient: members[i].Patient, Code: members[i].Code}
		if happened {
			e.Code, e.Account = stories[i].outcome.Code, r.account
		}
		c.Examples = append(c.Examples, e)
		if r.title == twinsTitle {
			for _, m := range members {
				if m.Patient.Holder == e.Patient.Holder {
					c.family = append(c.family, m.Patient)
				}
			}
		}
	}
	c.States[registry.StateNew] += c.Persons - played
}

// CheatSheet is what the demo prints for a visitor, in French: everyone in it is invented.
func (c Country) CheatSheet() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Pays de démonstration au %s : %s personnes inventées, dont %s ciblées\n",
		c.Today.FrenchLong(), registry.FrenchNumber(c.Persons), registry.FrenchNumber(c.Targeted))
	for i, s := range registry.States {
		if i > 0 && c.States[s] > 0 {
			fmt.Fprintf(&b, "  %7s  %s%s\n", registry.FrenchNumber(c.States[s]), s.Label(), oneDose[s])
		}
	}
	b.WriteString("\nÀ essayer :\n")
	for _, e := range c.Examples {
		e.write(&b)
	}
	b.WriteString("\nNIR valides que personne ne porte (saisie à la main « via ce lien ») :\n")
	for _, n := range c.Unknown {
		fmt.Fprintf(&b, "  %s\n", plain(n.Format()))
	}
	if len(c.Examples) > 0 {
		fmt.Fprintf(&b, "\nNIR dont la clé est fausse :\n  %s\n", plain(wrongKey(c.Examples[0].Patient.Holder)))
	}
	return b.String()
}

// oneDose tells apart the states that a search calls by one name.
var oneDose = map[registry.State]string{
	registry.StateCompleteSingle: " (une dose)", registry.StateCompleteSingleNoEligible: " (une dose)",
}

func (e Example) write(b *strings.Builder) {
	born := "né"
	if e.Patient.Sex == registry.Female {
		born = "née"
	}
	fmt.Fprintf(b, "\n- %s\n  %s, %s le %s\n", e.Title, e.Patient.FullName(), born, e.Patient.BirthDate.French())
	code := ""
	if !e.Code.IsZero() {
		code = "code " + e.Code.Format() + "   "
	}
	fmt.Fprintf(b, "  %sNIR %s\n", code, plain(e.Patient.Holder.Format()))
	for _, line := range []struct{ label, text string }{{"à essayer", e.Note}, {"compte", e.Account}} {
		if line.text != "" {
			fmt.Fprintf(b, "  %s : %s\n", line.label, line.text)
		}
	}
}

// wrongKey shows a number with a key that is not its own.
func wrongKey(n nir.Number) string {
	shown := n.Format()
	last := shown[len(shown)-1]
	return shown[:len(shown)-1] + string('0'+(last-'0'+1)%10)
}

// plain writes a number with ordinary spaces, to be copied from a terminal.
func plain(text string) string { return strings.ReplaceAll(text, "\u00a0", " ") }

// standing counts the steps of a record that are recorded and in force.
func standing(r registry.Record) int {
	n := 0
	for _, step := range []registry.Step{registry.StepEligibility, registry.StepFirstDose, registry.StepSecondDose} {
		if r.Done(step) {
			n++
		}
	}
	return n
}
