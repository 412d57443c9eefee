package referential

import (
	"slices"
	"strings"

	"vaccin/internal/registry"
)

var vaccineLayout = layout{
	title: "vaccins", delimiters: ";\t", header: true, quoted: true,
	columns: []column{
		required("code"), required("nom"), required("nom_depuis"), required("titulaire"), required("produit_ue"),
		required("code_vacsi"), required("autorise_le"), required("doses"), required("age_minimum"),
	},
}

// ReadVaccines reads vaccines: one row for each trade name of each vaccine. The rows of one vaccine
// must agree on everything but the name.
func ReadVaccines(s *Source) (registry.ReferenceChange, Report, error) {
	vaccines := []registry.Vaccine{}
	report, err := s.read(vaccineLayout, func(r *row) {
		v := registry.Vaccine{
			Code: r.code("code", 30, "-_"), Holder: r.text("titulaire", 120), EUProduct: r.text("produit_ue", 40),
			VACSICode: r.number("code_vacsi", 0, 99), AuthorisedOn: r.date("autorise_le"),
			Doses: r.number("doses", 1, 2), MinimumAge: r.number("age_minimum", 0, 120),
		}
		name := registry.DatedName{From: r.date("nom_depuis"), Name: r.text("nom", 60)}
		if r.ok() {
			vaccines = addName(r, vaccines, v, name)
		}
	})
	return registry.ReferenceChange{Vaccines: vaccines}, report, err
}

func addName(r *row, vaccines []registry.Vaccine, v registry.Vaccine, name registry.DatedName) []registry.Vaccine {
	at := slices.IndexFunc(vaccines, func(o registry.Vaccine) bool { return o.Code == v.Code })
	if at < 0 {
		v.Names = []registry.DatedName{name}
		return append(vaccines, v)
	}
	old := &vaccines[at]
	if v.Holder != old.Holder || v.EUProduct != old.EUProduct || v.VACSICode != old.VACSICode ||
		v.AuthorisedOn != old.AuthorisedOn || v.Doses != old.Doses || v.MinimumAge != old.MinimumAge {
		r.reject("code", "Une ligne précédente dit autre chose de ce vaccin (seuls « nom » et « nom_depuis » peuvent différer).")
		return vaccines
	}
	for _, n := range old.Names {
		if n == name {
			r.duplicate = true
			return vaccines
		}
		if n.From == name.From {
			r.reject("nom_depuis", "Une ligne précédente donne un autre nom à ce vaccin depuis le même jour.")
			return vaccines
		}
	}
	old.Names = append(old.Names, name)
	slices.SortFunc(old.Names, func(a, b registry.DatedName) int { return a.From.DaysSince(b.From) })
	return vaccines
}

// vaccineNamed finds a vaccine by its code or by any of its trade names, whatever their dates: lists
// written later use later names.
func vaccineNamed(vaccines []registry.Vaccine, text string) (registry.Vaccine, bool) {
	wanted := registry.Fold(text)
	for _, v := range vaccines {
		if registry.Fold(v.Code) == wanted ||
			slices.ContainsFunc(v.Names, func(n registry.DatedName) bool { return registry.Fold(n.Name) == wanted }) {
			return v, true
		}
	}
	return registry.Vaccine{}, false
}

func (r *row) vaccine(column string, vaccines []registry.Vaccine) registry.Vaccine {
	text := r.text(column, 60)
	v, ok := vaccineNamed(vaccines, text)
	if text != "" && !ok {
		r.reject(column, "Ce vaccin n’est pas connu du service : importez-le d’abord (vaccin import vaccines).")
	}
	return v
}

var lotLayout = layout{
	title: "lots", delimiters: ";\t,", header: true, quoted: true,
	columns: []column{required("vaccin", "vaccine"), required("lot", "numero_lot", "numéro de lot")},
}

// ReadLots returns the reader of lot lists; vaccines are those the lots may belong to.
func ReadLots(vaccines []registry.Vaccine) Reader {
	return func(s *Source) (registry.ReferenceChange, Report, error) {
		lots, seen := []registry.Lot{}, map[registry.Lot]bool{}
		report, err := s.read(lotLayout, func(r *row) {
			lot := registry.Lot{VaccineCode: r.vaccine("vaccin", vaccines).Code, Number: r.lot("lot")}
			if !r.ok() {
				return
			}
			if r.duplicate = seen[lot]; !r.duplicate {
				seen[lot] = true
				lots = append(lots, lot)
			}
		})
		return registry.ReferenceChange{Lots: lots}, report, err
	}
}

// lot returns a lot number as it is compared and kept, with the signs that a dose's form accepts.
func (r *row) lot(column string) string {
	lot := registry.NormalLot(r.text(column, 20))
	for _, c := range lot {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-/.", c) {
			r.reject(column, "Un numéro de lot n’a que des lettres sans accent, des chiffres et les signes - / .")
			return ""
		}
	}
	return lot
}
