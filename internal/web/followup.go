package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// «Suivi»: how far those are whom runs gave a code, by phase and run, by age and by department; of all runs, of those of a
// phase, or of one.

const (
	followUpAddress = runsAddress + "/suivi"
	phaseParam      = "phase"
	runParam        = "ciblage"
)

type followUpView struct {
	page              ui.Page
	whole             string // the link back to all runs, when some are shown
	run               string // the page of the run, when it alone is shown
	at                string // when it was counted; empty when nothing is
	total             []ui.Row
	runs              []reachedLine
	ages, departments []reachedLine
}

// reachedLine is how far some persons are: how many are targeted, and how many of them reached each step.
type reachedLine struct {
	name    string
	address string // of the same page for them alone
	reached []string
}

// followUpOfRun is where the follow-up of one run is.
func followUpOfRun(number int) string {
	return followUpAddress + "?" + runParam + "=" + strconv.Itoa(number)
}

func (s *Server) followUp(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	counted, err := s.Registry.FollowUps(r.Context(), by)
	if err != nil {
		return err
	}
	view := followUpView{page: s.page(r, "Suivi")}
	phase, number := r.URL.Query().Get(phaseParam), r.URL.Query().Get(runParam)
	counted = slices.DeleteFunc(counted, func(f registry.FollowUp) bool {
		return phase != "" && f.Campaign.Phase != phase || number != "" && strconv.Itoa(f.Run) != number
	})
	if chosen := phase != "" || number != ""; chosen {
		view.whole = "Retour au suivi de tous les ciblages"
		if view.run, err = s.followedRun(r, by, number, len(counted) > 0); err != nil {
			return err
		}
		switch {
		case len(counted) == 0 && view.run == "":
			return registry.NotFound("Aucun décompte pour ce ciblage ou cette phase. Revenez au %s.").Naming(registry.FollowUpList)
		case number != "":
			view.page.Title = "Suivi du ciblage n°" + nbsp + number
		default:
			view.page.Title = "Suivi\u00a0: " + together(phase)
		}
	}
	view.fill(counted)
	return s.render(w, r, http.StatusOK, followUpPage(view))
}

// followedRun is the page of the run that follow-up is asked of: of one that was counted, or will be, for it gave codes; empty of any other.
func (s *Server) followedRun(r *http.Request, by registry.Actor, number string, counted bool) (string, error) {
	n := wholeNumber(number)
	if n <= 0 || strconv.Itoa(n) != number {
		return "", nil
	}
	if !counted {
		run, err := s.Registry.Run(r.Context(), by, n)
		if registry.KindOf(err) == registry.KindNotFound || err == nil && run.Targeted == 0 {
			return "", nil
		}
		if err != nil {
			return "", err
		}
	}
	return runAddress(n), nil
}

// fill adds up what was counted.
func (v *followUpView) fill(counted []registry.FollowUp) {
	if len(counted) == 0 {
		return
	}
	var total registry.Reached
	var phases []string
	ofPhase, ofAge, ofDepartment := map[string]registry.Reached{}, map[registry.AgeClass]registry.Reached{}, map[string]registry.Reached{}
	for _, f := range counted {
		v.at = registry.FrenchMoment(f.At, "") // all are counted at once
		phase := f.Campaign.Phase
		if !slices.Contains(phases, phase) {
			phases = append(phases, phase)
		}
		ofPhase[phase] = ofPhase[phase].Plus(f.Total())
		total = total.Plus(f.Total())
		for _, c := range f.Counts {
			ofAge[c.Age] = ofAge[c.Age].Plus(c.Reached)
			ofDepartment[c.Department] = ofDepartment[c.Department].Plus(c.Reached)
		}
	}
	slices.Sort(phases)
	for _, phase := range phases {
		v.runs = append(v.runs, reachedLine{together(phase), followUpAddress + "?" + url.Values{phaseParam: {phase}}.Encode(), reachedOf(ofPhase[phase])})
		for _, f := range counted {
			if f.Campaign.Phase == phase {
				name := "n°" + nbsp + strconv.Itoa(f.Run) + nbsp + "– " + together(f.Campaign.Name)
				v.runs = append(v.runs, reachedLine{name, followUpOfRun(f.Run), reachedOf(f.Total())})
			}
		}
	}
	v.total = totalRows(total)
	v.addAges(ofAge)
	v.addDepartments(ofDepartment)
}

func (v *followUpView) addAges(of map[registry.AgeClass]registry.Reached) {
	for age := range registry.AgeClass(len(registry.AgeClasses)) {
		if r := of[age]; r.Targeted > 0 {
			v.ages = append(v.ages, reachedLine{name: capitalised(age.Label()), reached: reachedOf(r)})
		}
	}
	if r := of[-1]; r.Targeted > 0 {
		v.ages = append(v.ages, reachedLine{name: capitalised(registry.AgeClass(-1).Label()), reached: reachedOf(r)})
	}
}

func (v *followUpView) addDepartments(of map[string]registry.Reached) {
	for _, d := range departmentNames {
		if r := of[d.code]; r.Targeted > 0 {
			v.departments = append(v.departments, reachedLine{name: d.code + nbsp + "– " + d.name, reached: reachedOf(r)})
		}
	}
	if r := of[""]; r.Targeted > 0 {
		v.departments = append(v.departments, reachedLine{name: "Département inconnu", reached: reachedOf(r)})
	}
}

func totalRows(r registry.Reached) []ui.Row {
	cells := reachedOf(r)
	return []ui.Row{
		{Key: "targeted", Label: "Personnes ciblées", Value: cells[0]},
		{Key: "eligible", Label: "Éligibilité déclarée", Value: cells[1]},
		{Key: "first", Label: "1ère dose", Value: cells[2]},
		{Key: "complete", Label: "Vaccination complète", Value: cells[3]},
	}
}

// shareOf is a share in whole percents, rounded down; of some it is never said to be none.
func shareOf(n, all int) string {
	if whole := n * 100 / all; whole > 0 || n == 0 {
		return strconv.Itoa(whole) + nbsp + "%"
	}
	return "<" + nbsp + "1" + nbsp + "%"
}

func reachedOf(r registry.Reached) []string {
	cells := []string{registry.FrenchNumber(r.Targeted)}
	for _, n := range []int{r.Eligible, r.First, r.Complete} {
		cell := registry.FrenchNumber(n)
		if r.Targeted > 0 {
			cell += nbsp + "(" + shareOf(n, r.Targeted) + ")"
		}
		cells = append(cells, cell)
	}
	return cells
}
