package demo

import (
	"strings"

	"vaccin/internal/demo/vitalesim"
	"vaccin/internal/registry"
)

// twinsTitle is the title of the family whose carte Vitale the demo can insert.
const twinsTitle = "Famille avec des jumelles : quatre personnes sous un NIR"

// VitaleCard is the carte Vitale of the family with twins, everyone on it: written in capitals without
// accents, as cards are.
func (c Country) VitaleCard() *vitalesim.Card {
	var people []vitalesim.Person
	for _, p := range c.family {
		people = append(people, vitalesim.Person{
			FamilyName: onCard(p.UsedName), GivenNames: onCard(p.GivenNames),
			BirthDate: p.BirthDate.Digits(), NIR: p.Holder.Digits() + p.Holder.Key(),
		})
	}
	return vitalesim.Of(people...)
}

func onCard(name string) string { return strings.ToUpper(registry.Fold(name)) }
