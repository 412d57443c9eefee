package demo

import (
	"slices"

	"vaccin/internal/registry"
)

const (
	drMarchand = "dr-un-lieu"
	drLegrand  = "dr-deux-lieux"
	drBenali   = "dr-ehpad"
	drPayet    = "dr-reunion"
)

// cast returns the roles, in the order of the cheat sheet.
func cast() []role {
	const f, m = registry.Female, registry.Male
	lyon, saintDenis := [2]string{"69003", "Lyon"}, [2]string{"93200", "Saint-Denis"}
	in := func(department string, at [2]string, r role) role {
		r.department, r.postalCode, r.town = department, at[0], at[1]
		return r
	}
	roles := []role{
		in("69", lyon, role{
			title: "Ciblée, dossier vierge", note: "déclarer l’éligibilité",
			given: "Jeanne", birthName: "Garnier", usedName: "Lefèvre", sex: f, born: "19370312", targeted: true,
		}),
		in("69", lyon, role{
			title: "Éligible", note: "enregistrer la 1ère vaccination", account: drMarchand,
			given: "André", birthName: "Moulin", sex: m, born: "19411128", targeted: true, story: declared(2),
		}),
		in("69", lyon, role{
			title: "Éligible, déclaration rectifiée", note: "lire le rectificatif ; seul son auteur peut modifier", account: drMarchand,
			given: "Odette", birthName: "Perrin", usedName: "Chapuis", sex: f, born: "19380605", targeted: true,
			story: declaredAndRectified,
		}),
		in("69", lyon, role{
			title: "1ère dose faite, 2ème attendue aujourd’hui", note: "enregistrer la 2ème vaccination", account: drMarchand,
			given: "Simone", birthName: "O’Connor", usedName: "Vallée", sex: f, born: "19340921", targeted: true, story: dueSince(0),
		}),
		in("69", lyon, role{
			title: "1ère dose récente", note: "un intervalle trop court appelle une confirmation", account: drMarchand,
			given: "Marcel", birthName: "d’Arcy", sex: m, born: "19360114", targeted: true, story: recent(7),
		}),
		in("69", lyon, role{
			title: "1ère dose rectifiée (numéro de lot)", note: "lire le rectificatif ; le modifier avec le même compte", account: drMarchand,
			given: "Yvette", birthName: "Le Goff", usedName: "Bonnet", sex: f, born: "19390730", targeted: true,
			story: rectified,
		}),
		in("93", saintDenis, role{
			title: "Vaccination complète en EHPAD", note: "imprimer la synthèse", account: drBenali,
			given: "Germaine Louise", birthName: "Quéré", usedName: "Delattre", sex: f, born: "19281105", careHome: true, targeted: true,
			story: complete,
		}),
		in("93", saintDenis, role{
			title: "2ème dose en retard", note: "enregistrer la 2ème vaccination", account: drLegrand,
			given: "Lucien", birthName: "Trouvé", sex: m, born: "19310218", careHome: true, targeted: true,
			story: dueSince(10),
		}),
		in("93", saintDenis, role{
			title: "Saisies inhabituelles confirmées", note: "intervalle de 16 jours, lot absent de la liste", account: drLegrand,
			given: "Raymonde", birthName: "Cœur", usedName: "Duchêne", sex: f, born: "19320409", careHome: true, targeted: true,
			story: unusual,
		}),
		in("93", saintDenis, role{
			title: "1ère dose annulée", note: "l’étape est de nouveau libre", account: drLegrand,
			given: "Fernand", birthName: "Kowalski", sex: m, born: "19350823", careHome: true, targeted: true,
			story: annulled,
		}),
		in("93", saintDenis, role{
			title: "Éligibilité annulée par l’assistance sous une 1ère dose", note: "déclarer de nouveau l’éligibilité", account: drLegrand,
			given: "Huguette", birthName: "Ménard", usedName: "Royer", sex: f, born: "19300516", careHome: true, targeted: true,
			story: withoutEligibility(recent(5)),
		}),
		in("93", saintDenis, role{
			title: "Éligibilité annulée par l’assistance, deux doses faites", account: drLegrand,
			given: "Eugène", birthName: "Sauvage", sex: m, born: "19270707", careHome: true, targeted: true,
			story: withoutEligibility(complete),
		}),
		in("93", saintDenis, role{
			title: "Vaccin à une dose : vaccination complète", note: "il n’y a pas d’onglet « 2ème Vaccination »", account: drLegrand,
			given: "Sylvie", birthName: "Texier", usedName: "Colin", sex: f, born: "19620303", targeted: true,
			story: singleDose,
		}),
		in("93", saintDenis, role{
			title: "Vaccin à une dose, éligibilité annulée par l’assistance", account: drLegrand,
			given: "Gilles", birthName: "Humbert", sex: m, born: "19610929", targeted: true,
			story: withoutEligibility(singleDose),
		}),
		in("93", saintDenis, role{
			title: "Saisi à la main sous un numéro provisoire", note: "la recherche accepte ses 13 caractères sans clé", account: drLegrand,
			given: "Aminata", birthName: "Diallo", sex: f, born: "19450315", provisional: true, unknown: true, story: byHand,
		}),
		in("974", [2]string{"97400", "Saint-Denis"}, role{
			title: "À La Réunion, éligible", account: drPayet,
			given: "Marie-Josée", birthName: "Grondin", usedName: "Hoarau", sex: f, born: "19400817", targeted: true, story: declared(1),
		}),
	}
	return slices.Concat(roles, families(), inDoubt())
}

// inDoubt are those whom a newer referential brought since a doctor entered them by hand, with a slip: the assistance decides.
func inDoubt() []role {
	const f, m = registry.Female, registry.Male
	const decide = "l’assistance décide sur la page « Rapprochements » : une seule personne"
	roles := []role{
		{
			title: "Saisie à la main, jour de naissance mal recopié", note: decide, account: drMarchand,
			given: "Paulette", birthName: "Fabre", usedName: "Rousset", sex: f, born: "19480219", unknown: true, brought: true,
			story: mistaken(func(p *registry.Patient) { p.BirthDate = registry.BirthDateOf(registry.MustDate("1948-02-17")) }),
		},
		{
			title: "Couple dont l’épouse a été saisie à la main sous son propre numéro", note: decide,
			given: "Roger", birthName: "Lacombe", sex: m, born: "19510308",
		},
		{
			account: drMarchand, given: "Josette", birthName: "Vidal", usedName: "Lacombe", sex: f, born: "19530611",
			dependant: true, unknown: true, brought: true, story: mistaken(func(p *registry.Patient) { p.Holder = p.Own }),
		},
	}
	for i := range roles {
		roles[i].department, roles[i].postalCode, roles[i].town = "69", "69003", "Lyon"
	}
	return roles
}

// families are those whose NIR is worth a search.
func families() []role {
	const f, m = registry.Female, registry.Male
	roles := []role{
		{
			title: twinsTitle, note: "choisir dans la liste ; rangs 1 et 2",
			given: "Thomas", birthName: "Nguyen", sex: m, born: "19800511",
		},
		{given: "Émilie", birthName: "Roux", usedName: "Nguyen", sex: f, born: "19820925", dependant: true},
		{given: "Léa", birthName: "Nguyen", sex: f, born: "20120418", dependant: true, child: true},
		{given: "Manon", birthName: "Nguyen", sex: f, born: "20120418", rank: 2, dependant: true, child: true},
		{
			title: "Famille avec des triplés : rangs 1, 2 et 3",
			given: "Karim", birthName: "Benali-Faure", sex: m, born: "19850202",
		},
		{given: "Adam", birthName: "Benali-Faure", sex: m, born: "20150630", dependant: true, child: true},
		{given: "Inès", birthName: "Benali-Faure", sex: f, born: "20150630", rank: 2, dependant: true, child: true},
		{given: "Noé", birthName: "Benali-Faure", sex: m, born: "20150630", rank: 3, dependant: true, child: true},
		{
			title: "Homonymes : deux Jean Martin nés le même jour", note: "seul le NIR ou le code les distingue",
			given: "Jean", birthName: "Martin", sex: m, born: "19440101", targeted: true,
		},
		{
			title: "Homonymes : le second",
			given: "Jean", birthName: "Martin", sex: m, born: "19440101", targeted: true, bornIn: birthplace{department: "59"},
		},
		{
			title: "Date de naissance lunaire", note: "elle est gardée telle quelle, sans âge calculé",
			given: "Zohra", birthName: "Belkacem", sex: f, born: "19421901", bornIn: birthplace{"99", algeria}, bornMonth: 32, targeted: true,
		},
		{
			title: "S’est opposée à être ciblée", note: "une phrase le dit au médecin ; un agent peut enregistrer un retrait",
			given: "Solange", birthName: "Pasquier", usedName: "Lemoine", sex: f, born: "19430226", story: objected,
		},
		{
			title: "Presque centenaire : née en 1922",
			given: "Marie Thérèse", birthName: "de Saint-Aubin", usedName: "du Plessis", sex: f, born: "19220208", targeted: true,
		},
		{
			title: "Corse, NIR d’avant 1976 (département 20)",
			given: "Ange", birthName: "Colonna", sex: m, born: "19420715", bornIn: birthplace{department: "20"}, targeted: true,
		},
		{
			title: "Corse, NIR en 2B", note: "la lettre s’accepte en minuscule",
			given: "Lætitia", birthName: "Mattei", usedName: "Leca", sex: f, born: "19840322", bornIn: birthplace{department: "2B"}, targeted: true,
		},
	}
	for i := range roles {
		roles[i].department, roles[i].postalCode, roles[i].town = "69", "69003", "Lyon"
	}
	for i := len(roles) - 2; i < len(roles); i++ {
		roles[i].department, roles[i].postalCode, roles[i].town = "2B", "20200", "Bastia"
	}
	return roles
}
