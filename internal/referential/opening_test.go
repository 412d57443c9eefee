package referential

import (
	"testing"

	"vaccin/internal/registry"
)

// What people typed in the file of January 2021, and its like.
func TestAReservedOrDoubtfulCentreReceivesNobody(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{ // no day: the centre receives nobody who is only invited
		{"Gymnase", "", "open"},
		{"Gymnase", "RDV par téléphone ou via doctolib", "open"},
		{"Gymnase", "Réservé aux professionnels de santé libéraux", ""},
		{"Gymnase", "RESERVE AUX PROFESSIONELS DE SANTE", ""},
		{"Gymnase", "Ouvert tous professionnels", ""},
		{"Gymnase", "Ouvert tous professionnels, public 75 ans et plus", "open"},
		{"Gymnase", "Ouvert aux professionnels de santé libéraux et personnes > 75 ans", "open"},
		{"Gymnase", "Réservé aux personnes de plus de 75 ans", "open"},
		{"Gymnase", "75+ et PS", "open"},
		{"Gymnase", "PS uniquement", ""},
		{"Gymnase", "Pour les professionnels de santé, contacter le 01.45.75.80.22", ""},
		{"Gymnase", "Professionnels de santé de plus de 50 ans", ""},
		{"Gymnase", "Réservé aux soignants. https://www.doctolib.fr/hopital-public/75-ans", ""},
		{"CH Paimpol (réservé aux professionnels des secteurs de la santé)", "", ""},
		{"Centre pour personnel du CHU", "Ouvert au public", "open"},
		{"Gymnase", "Pour les + de 75 ans s'orienter vers le centre de Chambéry", ""},
		{"Gymnase", "Fermé au public", ""},
		{"Gymnase", "Pas encore ouvert", ""},
		{"Gymnase", "Lieu sous réserve", ""},
		{"Gymnase", "Ouverture très prochaine", ""},
		{"Gymnase", "Non défini à ce jour", ""},
		{"Gymnase", "Non ouvert au public", ""},
		{"Gymnase", "Réservé aux professionnels de santé, non accessible au public", ""},
		{"Gymnase", "Réservé aux professionnels de santé, hors public", ""},
		{"Gymnase", "N'accueille pas de public", ""},
		{"Gymnase", "Interdit au public", ""},
		{"Gymnase", "Centre fermé définitivement", ""},
		{"Gymnase", "Fermé", ""},
		{"Gymnase", "FERMÉ JUSQU’AU 30/01", ""},
		{"Gymnase", "Fermeture définitive le 20/01", ""},
		{"Gymnase (fermé)", "", ""},
		{"Ferme de la Ville", "Fermé le dimanche, fermeture à 18h", "open"},
		{"Gymnase", "Ouverture au public en février", ""},
		{"Gymnase", "Ouvert aux + de 75 ans à partir d'avril", ""},
		{"Gymnase", "Ouverture ultérieure", ""},
		{"Gymnase", "Réservé aux professionnels de santé de 65 ans et plus", ""},
		{"Gymnase", "Personnel soignant, + de 65 ans", ""},
		{"Gymnase", "Réservé aux professionnels et aux personnes de plus de 65 ans", "open"},
		{"Gymnase", "Professionnels, et ouverture + 75 ans", "open"},
		{"Gymnase", "Vaccination pour les 75+ et les PS", "open"},
		{"Gymnase", "Réservé aux résidents et salariés de l'établissement pour personnes âgées", ""},
		{"Gymnase", "Réservé aux résidents de l'EHPAD", ""},
		{"Gymnase", "Salariés, uniquement les 80 salariés du site", ""},
		{"Gymnase", "Personnes > 75 et PS", "open"},
		{"Gymnase", "Ouvert aux professionnels de santé, public 75 ans et plus", "open"},
		{"Gymnase", "Professionnels de santé, tous publics", "open"},
		{"Gymnase", "Réservé au personnel de l'hôpital public", ""},
		{"Gymnase", "Personnel du service public, secteurs public et privé", ""},
		{"Gymnase", "Professionnels des établissements recevant du public", ""},
		{"Gymnase", "Personnel de l'hôpital public. Public de 75 ans et plus", "open"},
		{"Gymnase", "Infirmières libérales", ""},
		{"Salle de la Libération", "", "open"},
		{"Lycée professionnel Jean Moulin", "", "open"},
		{"Lycée professionnel Jean Moulin", "PS uniquement", ""},
		{"Centre de formation professionnelle", "", "open"},
		{"Centre professionnel de santé", "", ""},
		{"Maison de santé pluri-professionnelle", "", "open"},
		{"Communauté professionnelle territoriale de santé (CPTS) Vercors", "", "open"},
		{"Gymnase", "Ouverture le 18/01", "2021-01-18"},
		{"Gymnase", "Ouverture lundi 18 janvier à 14h", "2021-01-18"},
		{"Gymnase", "Centre de vaccination pour les professionnels de santé libéraux - Ouverture + 75 ans le 1er février", "2021-02-01"},
		{"Gymnase", "ouvert depuis le 14 janvier pour les professionnels, accessible pour les personnes âgées de 75 ans et plus le 25 janvier", "2021-01-25"},
		{"Gymnase", "ouvert aux professionnels ; pour les personnes âgées de 75 ans fin janvier", "2021-01-31"},
		{"Gymnase", "Ouvert à partir du 25/01/21, prise de rendez-vous dès le 18/01/2021", "2021-01-25"},
		{"Gymnase", "ouvert aux +75 ans depuis le 28 décembre", "2020-12-28"},
		{"Gymnase", "9:00/16:00 et 8h/12h, 01/45, 40 janvier", "open"},
		{"Gymnase", "à partir du 30 février", ""},
		{"Gymnase", "à partir du 31/02/2021", ""},
	} {
		public, from := opening(c.name, c.text, registry.MustDate("2021-01-14"))
		got := ""
		if public {
			if got = "open"; !from.IsZero() {
				got = from.String()
			}
		}
		if got != c.want {
			t.Errorf("%s, %q: %q, want %q", c.name, c.text, got, c.want)
		}
	}
	if public, _ := opening("Gymnase", "Ouverture le 18/01", registry.Date{}); public {
		t.Error("a day without a year nor anything near it is believed")
	}
}

// A day that the nearest year lacks is that of no other year: the centre would be open long before it is.
func TestADayThatTheNearestYearLacksIsNotUnderstood(t *testing.T) {
	for _, c := range []struct{ text, said, want string }{
		{"ouverture le 29 février", "2021-01-14", ""},
		{"ouverture le 29/02", "2021-01-14", ""},
		{"ouverture le 29 février", "2020-12-20", ""},
		{"ouverture le 29 février", "2020-01-14", "2020-02-29"},
		{"ouverture le 29 février", "2019-12-20", "2020-02-29"},
		{"ouverture le 29 février 2020", "2021-01-14", "2020-02-29"},
		{"ouverture le 31/04", "2021-01-14", ""},
		{"ouverture fin février", "2021-01-14", "2021-02-28"},
		{"ouverture fin décembre", "2021-01-14", "2020-12-31"},
		{"ouverture le 2 janvier", "2020-12-20", "2021-01-02"},
	} {
		if public, from := opening("Gymnase", c.text, registry.MustDate(c.said)); public != (c.want != "") || public && from != registry.MustDate(c.want) {
			t.Errorf("%q said on %s: %v, from %s, want %q", c.text, c.said, public, from, c.want)
		}
	}
}

func TestACentreOpensOnTheLaterOfItsDays(t *testing.T) {
	for row, want := range map[string]string{
		"18/01/2021;;":                                  "2021-01-18",
		"18/01/2021;Ouverture le 25/01;":                "2021-01-25",
		"18/01/2021;Ouverture le 11/01;":                "2021-01-18",
		";Ouverture le 25/01;2020-12-31 18:24:36.86555": "2021-01-25",
		";Ouverture le 25/01;":                          "never",
		"bientôt;;":                                     "never",
		"18/01/2021;Réservé aux professionnels;":        "never",
		";;": "open",
	} {
		text := "gid;nom;com_cp;com_nom;date_ouverture;rdv_modalites;_edit_datemaj\n1;Gymnase;42000;Saint-Étienne;" + row + "\n"
		change, report, err := ReadCentres(source(t, "centres", []byte(text)))
		if err != nil || len(change.Places) != 1 {
			t.Fatalf("%q: %v, %+v", row, err, report)
		}
		got := "never"
		if p := change.Places[0]; p.Public {
			if got = "open"; !p.Opens.IsZero() {
				got = p.Opens.String()
			}
		}
		if got != want {
			t.Errorf("%q: %s, want %s", row, got, want)
		}
	}
}

func TestOfTwoRowsOfACentreTheMoreDoubtfulCounts(t *testing.T) {
	for _, rows := range [][2]string{{"18/01/2021;", "25/01/2021;Réservé aux professionnels"}, {"25/01/2021;Réservé aux professionnels", "18/01/2021;"}} {
		text := "gid;nom;com_cp;com_nom;date_ouverture;rdv_modalites\n"
		for _, row := range rows {
			text += "1;Gymnase;42000;Saint-Étienne;" + row + "\n"
		}
		change, report, err := ReadCentres(source(t, "centres", []byte(text)))
		if err != nil || len(change.Places) != 1 {
			t.Fatalf("%q: %v, %+v", rows, err, report)
		}
		if p := change.Places[0]; p.Public || p.Opens != registry.MustDate("2021-01-25") {
			t.Errorf("%q: public %v, from %s", rows, p.Public, p.Opens)
		}
	}
}

func FuzzOpening(f *testing.F) {
	for _, text := range []string{"Ouverture le 18/01", "fin janvier", "+ 75 ans le 1er février 2021", "99/99/9999", "Réservé aux professionnels", "\xff", "29 février"} {
		f.Add("Gymnase", text)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		said := registry.MustDate("2021-01-14")
		public, from := opening(name, text, said)
		if !public && !from.IsZero() {
			t.Errorf("%q opens to nobody", text)
		}
		if again, day := opening(name, text, said); again != public || day != from {
			t.Errorf("%q is read in two ways", text)
		}
	})
}

// A centre that is said to be closed, nobody tells since when, replaces the open one of an earlier file.
func TestACentreSaidToBeClosedReceivesNobody(t *testing.T) {
	for row, want := range map[string]struct{ public, warned bool }{
		"t;":           {false, true},
		"Oui;":         {false, true},
		"f;":           {true, false},
		";":            {true, false},
		"t;30/06/2021": {true, false}, // its last day says when
	} {
		text := "gid;nom;com_cp;com_nom;centre_fermeture;date_fermeture\n1;Gymnase;42000;Saint-Étienne;" + row + "\n"
		change, report, err := ReadCentres(source(t, "centres", []byte(text)))
		if err != nil || len(change.Places) != 1 {
			t.Errorf("%q: %v, %+v", row, err, report)
			continue
		}
		warned := len(report.Warned) == 1 && report.Warned[0].Column == "date_fermeture" && report.Warned[0].Line == 2
		if change.Places[0].Public != want.public || warned != want.warned || len(report.Rejected) > 0 {
			t.Errorf("%q: public %v, %+v", row, change.Places[0].Public, report)
		}
	}
}

// Bounds are said as people read numbers.
func TestALargeBoundIsReadable(t *testing.T) {
	_, report, err := ReadCentres(source(t, "centres", []byte("gid;nom;com_cp;com_nom\n2000000000;Gymnase;42000;Saint-Étienne\n")))
	if err != nil || len(report.Rejected) != 1 || report.Rejected[0].Reason != "La cellule doit être un nombre entier de 1 à 1\u202f000\u202f000\u202f000." {
		t.Errorf("rejected %+v, %v", report.Rejected, err)
	}
}

func TestCentresThatTheNewestListHasNoLongerAreGone(t *testing.T) {
	header := "gid;nom;com_cp;com_nom\n"
	list, _, err := ReadCentres(source(t, "centres", []byte(header+"1;Gymnase;42000;Saint-Étienne\n2;Mairie;420;Saint-Étienne\n")))
	if err != nil {
		t.Fatal(err)
	}
	known := []registry.VaccinationPlace{
		{ID: "DATAGOUV:1", Public: true}, {ID: "DATAGOUV:2", Public: true}, {ID: "DATAGOUV:3", Public: true}, {ID: "DATAGOUV:4"}, {ID: "FINESS:420000001", Public: true},
	}
	got := ""
	for _, p := range GoneCentres(known, list) {
		got += p.ID + " "
	}
	if got != "DATAGOUV:2 DATAGOUV:3 " { // of the second one the row was rejected; the fourth receives nobody already
		t.Errorf("gone: %s", got)
	}
}
