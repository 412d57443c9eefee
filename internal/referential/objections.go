package referential

import "vaccin/internal/registry"

var objectionLayout = layout{
	title: "limite des oppositions", delimiters: ";\t", header: true, quoted: true,
	columns: []column{required("du"), required("limite")},
}

// objectionLimits are the steps until which one may object, as files write them.
var objectionLimits = map[string]registry.Step{"eligibilite": registry.StepEligibility, "injection": registry.StepFirstDose}

// ReadObjectionLimits reads from when one may object until which step.
func ReadObjectionLimits(s *Source) (registry.ReferenceChange, Report, error) {
	limits := []registry.ObjectionLimit{}
	report, err := s.read(objectionLayout, func(r *row) {
		l := registry.ObjectionLimit{From: r.date("du")}
		word, known := r.text("limite", 20), false
		if l.Step, known = objectionLimits[registry.Fold(word)]; word != "" && !known {
			r.reject("limite", "Écrivez «\u00a0eligibilite\u00a0» (l’accord du patient) ou «\u00a0injection\u00a0» (la 1ère).")
		}
		if r.ok() {
			limits = addLimit(r, limits, l)
		}
	})
	return registry.ReferenceChange{ObjectionLimits: limits}, report, err
}

// addLimit refuses a second limit from the same day.
func addLimit(r *row, all []registry.ObjectionLimit, l registry.ObjectionLimit) []registry.ObjectionLimit {
	for _, old := range all {
		switch {
		case old == l:
			r.duplicate = true
			return all
		case old.From == l.From:
			r.reject("du", "Une ligne précédente donne une autre limite à partir du même jour.")
			return all
		}
	}
	return append(all, l)
}
