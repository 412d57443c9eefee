package document

import "testing"

// Whoever delivers a letter looks for the number of a street beside its name, and for that of a flat beside what it is of.
func TestAStreetHasALineOfItsOwn(t *testing.T) {
	checkLines(t, []addressCase{
		{
			"a street has its own line, and so has each part where they do not fit on one",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Résidence Le Vieux-Port, bât. C, appt 1204, 12 ter quai de l’Essai"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "Résidence Le Vieux-Port, bât. C", "APPT 1204", "12 TER QUAI DE L ESSAI", "35000 RENNES"},
			true,
		},
		{
			"also where the address is short",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Apt 12, 4 B rue de l’Essai"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "APT 12", "4 B RUE DE L ESSAI", "35000 RENNES"},
			true,
		},
		{
			"with what stands for a letter after it, whatever kind of street it is",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Résidence les Acacias du Parc 12BIS ALLEES JEAN JAURES"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "RESIDENCE LES ACACIAS DU PARC", "12BIS ALLEES JEAN JAURES", "35000 RENNES"},
			true,
		},
		{
			"with the other number of a pair",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Résidence des Essais de la Ville, 12 - 14 rue de l’Essai"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "RESIDENCE DES ESSAIS DE LA VILLE", "12 14 RUE DE L ESSAI", "35000 RENNES"},
			true,
		},
		{
			"a number may be part of a name, or that of an entrance",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Résidence les 3 allées, entrée 2 place de l’Essai"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "RESIDENCE LES 3 ALLEES", "ENTREE 2 PLACE DE L ESSAI", "35000 RENNES"},
			true,
		},
		{
			"a pair alone",
			Addressee{Name: "Jeanne DURAND", Street: []string{"12 bis et 14 rue de l’Essai"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "12 BIS ET 14 RUE DE L ESSAI", "35000 RENNES"},
			true,
		},
		{
			"a pair in capitals, or without a word between",
			Addressee{Name: "Jeanne DURAND", Street: []string{"RESIDENCE X 12 A 16 RUE DE L ESSAI", "Résidence Y 12 14 rue Z"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "RESIDENCE X", "12 A 16 RUE DE L ESSAI", "RESIDENCE Y", "12 14 RUE Z", "35000 RENNES"},
			true,
		},
		{
			"« R » is a street, and no letter of a number",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Résidence les Acacias du Grand Parc 3-5ter R DE METZ"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "RESIDENCE LES ACACIAS DU GRAND PARC", "3 5TER R DE METZ", "35000 RENNES"},
			true,
		},
		{
			"the number of a building is none of a street",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Rés. des Fleurs bât. 4 cité de l’Essai"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "RES DES FLEURS BAT 4 CITE DE L ESSAI", "35000 RENNES"},
			true,
		},
		{
			"a number stays beside the word that it belongs to",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Résidence des Essais de la Ville appt 1204 côté cour"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "RESIDENCE DES ESSAIS DE LA VILLE", "APPT 1204 COTE COUR", "35000 RENNES"},
			true,
		},
		{
			"so does a letter",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Résidence des Essais de la Ville bât. C côté cour"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "RESIDENCE DES ESSAIS DE LA VILLE", "BAT C COTE COUR", "35000 RENNES"},
			true,
		},
	})
}

// What parts an address is where lines end, and is on none of their ends.
func TestAnAddressIsBrokenWhereItHasParts(t *testing.T) {
	checkLines(t, []addressCase{
		{
			"what is parted is as it was typed above the capitals",
			Addressee{Name: "Jeanne DURAND", Street: []string{"- c/o Mme N’Diaye – Foyer de l’Essai (chambre 312), bât. C, 8 allée n° 4 de l’Essai"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "c/o Mme N’Diaye – Foyer de l’Essai", "CHAMBRE 312 BAT C", "8 ALLEE N 4 DE L ESSAI", "35000 RENNES"},
			true,
		},
		{
			"dashes and brackets part, and no line begins or ends with what parts",
			Addressee{Name: "Jeanne DURAND", Street: []string{"740 faubourg de l’Essai - Espace santé publique – CHMS (chirurgie ambulatoire) 2ème étage -"}, PostalCode: "73000", Town: "Chambéry"},
			[]string{"Jeanne DURAND", "740 faubourg de l’Essai", "ESPACE SANTE PUBLIQUE CHMS", "CHIRURGIE AMBULATOIRE 2EME ETAGE", "73000 CHAMBERY"},
			true,
		},
		{
			"a bracket that ends parts too",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Résidence (entrée B) Les Essais-sous-Bois de la Vilaine"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "RESIDENCE ENTREE B", "LES ESSAIS SOUS BOIS DE LA VILAINE", "35000 RENNES"},
			true,
		},
		{
			"a part that fills its line is not broken for its comma",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Résidence des Essais d’Ille-et-Vilaine, porte Est"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "RESIDENCE DES ESSAIS D ILLE ET VILAINE", "PORTE EST", "35000 RENNES"},
			true,
		},
		{
			"nor has a line that is short the signs around it",
			Addressee{Name: "Jeanne DURAND", Street: []string{"- chez Mme N’Diaye,", "Hall A –", "Les Essais", "Le Bourg"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "chez Mme N’Diaye", "Hall A", "LES ESSAIS", "LE BOURG", "35000 RENNES"},
			true,
		},
		{
			"what only ends like the last line stays",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Lot 235000 Rennes"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "LOT 235000 RENNES", "35000 RENNES"},
			true,
		},
		{
			"what the last line says is not said twice",
			Addressee{Name: "Jeanne DURAND", Street: []string{"165 chemin de l’Essai, 69003 LYON"}, PostalCode: "69003", Town: "Lyon 3e arrondissement"},
			[]string{"Jeanne DURAND", "165 CHEMIN DE L ESSAI", "69003 LYON"},
			true,
		},
		{
			"nor is an address of it alone",
			Addressee{Name: "Jeanne DURAND", Street: []string{"35000 Rennes"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "35000 RENNES"},
			true,
		},
		{
			"another town stays",
			Addressee{Name: "Jeanne DURAND", Street: []string{"165 chemin de l’Essai, 35000 Rennes-sur-Essai"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "165 CHEMIN DE L ESSAI", "35000 RENNES SUR ESSAI", "35000 RENNES"},
			true,
		},
	})
}

// Six lines are set smaller than five, and longer ones than the norm has smaller still.
func TestPartsOfAnAddressAreBrokenForWantOfRoomAlone(t *testing.T) {
	checkLines(t, []addressCase{
		{
			"a part that no line holds is all in capitals, or not at all",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Communauté professionnelle territoriale de santé de l’Essai et de la Maison des associations, 141 avenue de l’Essai"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "COMMUNAUTE PROFESSIONNELLE", "TERRITORIALE DE SANTE DE L ESSAI ET DE", "LA MAISON DES ASSOCIATIONS", "141 AVENUE DE L ESSAI", "35000 RENNES"},
			true,
		},
		{
			"a part that no line holds begins on its own",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Porte Est, Communauté professionnelle territoriale de santé"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "Porte Est", "COMMUNAUTE PROFESSIONNELLE", "TERRITORIALE DE SANTE", "35000 RENNES"},
			true,
		},
		{
			"five lines are set larger than six, for which a long part begins beside the one before",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Les Nouveaux Essais - Route départementale 766, lieu-dit La Croix de l’Épine-aux-Loups n° 3 bis"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "Les Nouveaux Essais", "ROUTE DEPARTEMENTALE 766 LIEU DIT LA", "CROIX DE L EPINE AUX LOUPS N 3 BIS", "35000 RENNES"},
			true,
		},
		{
			"but the number of a street stands beside nothing else as long as there are six",
			Addressee{
				Name: "Marie-Antoinette-Joséphine DE LA ROCHEFOUCAULD-MONTBEL", PostalCode: "35000", Town: "Rennes",
				Street: []string{"Porte 8, 128 avenue de la Première-Armée-des-Essais de France"},
			},
			[]string{"Marie-Antoinette-Joséphine DE LA", "ROCHEFOUCAULD-MONTBEL", "Porte 8", "128 AVENUE DE LA", "PREMIERE ARMEE DES ESSAIS DE FRANCE", "35000 RENNES"},
			true,
		},
		{
			"a line that is too long for the norm with its signs is not without them",
			Addressee{
				Name: "Jeanne DURAND", PostalCode: "35000", Town: "Rennes",
				Street: []string{"Centre hospitalier universitaire de Essainoble CHUE (RDC du pavillon Essais, face au bâtiment de la direction générale), 15 boulevard de la Chantourne"},
			},
			[]string{"Jeanne DURAND", "CENTRE HOSPITALIER UNIVERSITAIRE DE", "ESSAINOBLE CHUE RDC DU PAVILLON ESSAIS", "FACE AU BATIMENT DE LA DIRECTION", "GENERALE 15 BOULEVARD DE LA CHANTOURNE", "35000 RENNES"},
			true,
		},
		{
			"parts share lines where there are not enough",
			Addressee{
				Name: "Marie-Antoinette-Joséphine DE LA ROCHEFOUCAULD-MONTBEL", PostalCode: "35000", Town: "Rennes",
				Street: []string{"Résidence des Essais d’Ille-et-Vilaine, escalier 4, porte 8, 128 avenue de la Première-Armée-des-Essais de France"},
			},
			[]string{"Marie-Antoinette-Joséphine DE LA", "ROCHEFOUCAULD-MONTBEL", "Résidence des Essais d’Ille-et-Vilaine", "ESCALIER 4 PORTE 8 128 AVENUE DE LA", "PREMIERE ARMEE DES ESSAIS DE FRANCE", "35000 RENNES"},
			true,
		},
	})
}
