package registry_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

func TestDatesAsPeopleTypeThem(t *testing.T) {
	const shape, none = "Écrivez la date sous la forme jour, mois, année", "Cette date n’existe pas dans le calendrier."
	const year = "Écrivez l’année avec quatre chiffres, par exemple 27/12/2020."
	tests := map[string]string{
		"27/12/2020": "2020-12-27", "27 12 2020": "2020-12-27", "27-12-2020": "2020-12-27", "27.12.2020": "2020-12-27",
		"27122020": "2020-12-27", "2020-12-27": "2020-12-27", " 7/2/2021 ": "2021-02-07", "07\u00a002\u202f2021": "2021-02-07",
		"27 / 12 / 2020": "2020-12-27", "\t27/12/2020\n": "2020-12-27", "29/02/2020": "2020-02-29",
		"29/02/2021": none, "31/02/2021": none, "31/04/2021": none, "00/01/2021": none, "01/00/2021": none, "01/13/2021": none,
		"32/01/2021": none, "01/01/0000": none, "29/02/1900": none,
		"": shape, "1": shape, "27/12": shape, "27/12/20": year, "27/12/20200": year, "27/décembre/2020": shape, "127/2/2020": shape, "27/012/2020": shape,
		"2712202": shape, "٢٧/١٢/٢٠٢٠": shape, "+7/12/2020": shape, "27/12/2020/1": shape, "27:12:2020": shape, "1e/12/2020": shape,
	}
	for typed, want := range tests {
		t.Run(typed, func(t *testing.T) {
			d, err := registry.ParseDate(typed)
			if err == nil && d.String() != want || err != nil && (!startsWith(err, want) || !d.IsZero()) {
				t.Errorf("got %v, error %v, want %q", d, err, want)
			}
		})
	}
}

func TestDatesAreCalendarDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDate(t)
		for _, typed := range []string{d.French(), d.String()} {
			if back, err := registry.ParseDate(typed); err != nil || back != d {
				t.Fatalf("%q reads back as %v, error %v", typed, back, err)
			}
		}
		if back, err := registry.ParseISODate(d.String()); err != nil || back != d {
			t.Fatalf("%v reads back as %v, error %v", d, back, err)
		}
		n := rapid.IntRange(-400_000, 400_000).Draw(t, "days")
		if later := d.AddDays(n); later.DaysSince(d) != n || later.Before(d) != (n < 0) || later.After(d) != (n > 0) {
			t.Fatalf("%v and %d days is %v, %d days since", d, n, later, later.DaysSince(d))
		}
	})
	for _, iso := range []string{"", "0000-01-01", "2021-02-29", "27/12/2020", "2021-1-1"} {
		if _, err := registry.ParseISODate(iso); err == nil {
			t.Errorf("%q is read", iso)
		}
	}
	for _, none := range []registry.Date{{Year: 2021, Month: time.February, Day: 30}, {Year: 0, Month: 1, Day: 1}, {Year: 10_000, Month: 1, Day: 1}} {
		if _, err := registry.NewDate(none.Year, none.Month, none.Day); err == nil {
			t.Errorf("%+v is a date", none)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a constant that is no date goes unseen")
		}
	}()
	registry.MustDate("2021-02-30")
}

func anyDate(t *rapid.T) registry.Date {
	return registry.MustDate("1900-01-01").AddDays(rapid.IntRange(0, 100_000).Draw(t, "day"))
}

func TestDatesInFrench(t *testing.T) {
	tests := map[string][2]string{
		"2021-03-01": {"01/03/2021", "lundi 1er\u00a0mars\u00a02021"},
		"2020-12-27": {"27/12/2020", "dimanche 27\u00a0décembre\u00a02020"},
		"2021-08-15": {"15/08/2021", "dimanche 15\u00a0août\u00a02021"},
	}
	for iso, want := range tests {
		if d := registry.MustDate(iso); d.French() != want[0] || d.FrenchLong() != want[1] {
			t.Errorf("%s is %q, %q", iso, d.French(), d.FrenchLong())
		}
	}
	if none := (registry.Date{}); none.String()+none.French()+none.FrenchLong()+(registry.BirthDate{}).French() != "" {
		t.Error("no date is written as one")
	}
}

func TestBirthDates(t *testing.T) {
	const none, impossible = "Cette date n’existe pas", "Cette date de naissance n’est pas possible."
	tests := []struct {
		typed, digits, french string
		calendar              bool
		refused               string
	}{
		{typed: "15/06/1945", digits: "19450615", french: "15/06/1945", calendar: true},
		{typed: "29/02/1944", digits: "19440229", french: "29/02/1944", calendar: true},
		{typed: "01/19/1942", digits: "19421901", french: "01/19/1942"},
		{typed: "00/06/1945", digits: "19450600", french: "00/06/1945"},
		{typed: "00/00/1945", digits: "19450000", french: "00/00/1945"},
		{typed: "31/00/1945", digits: "19450031", french: "31/00/1945"},
		{typed: "31/02/1945", refused: none},
		{typed: "29/02/1945", refused: none},
		{typed: "32/01/1945", refused: impossible},
		{typed: "01/01/1799", refused: impossible},
		{typed: "juin 1945", refused: "Écrivez la date"},
	}
	for _, tt := range tests {
		t.Run(tt.typed, func(t *testing.T) {
			b, err := registry.ParseBirthDate(tt.typed)
			if tt.refused != "" {
				if !startsWith(err, tt.refused) || !b.IsZero() {
					t.Errorf("error is %v", err)
				}
				return
			}
			day, calendar := b.Date()
			if err != nil || b.Digits() != tt.digits || b.French() != tt.french || calendar != tt.calendar {
				t.Errorf("error %v, %q, %q, a day of the calendar: %v", err, b.Digits(), b.French(), calendar)
			}
			if calendar && registry.BirthDateOf(day) != b {
				t.Errorf("%v gives another birth date", day)
			}
			if back, err := registry.BirthDateFromDigits(tt.digits); err != nil || !back.Equal(b) {
				t.Errorf("the digits read back otherwise, error %v", err)
			}
		})
	}
	for _, digits := range []string{"", "1942", "1942190a", "194219011", "1942-9-1"} {
		if _, err := registry.BirthDateFromDigits(digits); err == nil {
			t.Errorf("%q is read", digits)
		}
	}
}

func TestAgesOnBothSidesOfABirthday(t *testing.T) {
	tests := []struct {
		born, on string
		age      int
	}{
		{"2005-02-01", "2021-01-31", 15},
		{"2005-02-01", "2021-02-01", 16},
		{"2005-02-01", "2021-02-02", 16},
		{"2004-02-29", "2021-02-28", 16},
		{"2004-02-29", "2021-03-01", 17},
		{"2004-02-29", "2020-02-28", 15},
		{"2004-02-29", "2020-02-29", 16},
		{"2021-02-01", "2021-02-01", 0},
		{"2021-02-02", "2021-02-01", -1},
		{"1920-12-31", "2021-01-01", 100},
	}
	for _, tt := range tests {
		b := registry.BirthDateOf(registry.MustDate(tt.born))
		if age, ok := b.AgeOn(registry.MustDate(tt.on)); !ok || age != tt.age {
			t.Errorf("born %s, on %s: %d, want %d", tt.born, tt.on, age, tt.age)
		}
	}
	lunar, _ := registry.BirthDateFromDigits("19421901")
	if _, ok := lunar.AgeOn(today); ok {
		t.Error("a lunar date has an age")
	}
}

func TestTheDayOfAPlace(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2021, 2, 1, hour, 30, 0, 0, time.UTC) }
	const yesterday, thisDay, tomorrow = "2021-01-31", "2021-02-01", "2021-02-02"
	tests := []struct {
		name  string
		codes []string
		hour  int
		want  string
	}{
		{"Paris before midnight", []string{"75011"}, 22, thisDay},
		{"Paris after midnight", []string{"75011"}, 23, tomorrow},
		{"La Réunion before midnight", []string{"97400"}, 19, thisDay},
		{"La Réunion after midnight", []string{"97400"}, 20, tomorrow},
		{"Mayotte after midnight", []string{"97600"}, 21, tomorrow},
		{"Guadeloupe is still yesterday", []string{"97110"}, 3, yesterday},
		{"Guadeloupe is today", []string{"97110"}, 4, thisDay},
		{"Saint-Barthélemy as Guadeloupe", []string{"97133"}, 3, yesterday},
		{"Martinique", []string{"97200"}, 3, yesterday},
		{"Cayenne is three hours behind", []string{"97300"}, 3, thisDay},
		{"Saint-Pierre-et-Miquelon", []string{"97500"}, 2, yesterday},
		{"Papeete is still yesterday", []string{"98714"}, 9, yesterday},
		{"Papeete is today", []string{"98714"}, 10, thisDay},
		{"Nouméa before midnight", []string{"98800"}, 12, thisDay},
		{"Nouméa after midnight", []string{"98800"}, 13, tomorrow},
		{"Wallis after midnight", []string{"98600"}, 12, tomorrow},
		{"Monaco as Paris", []string{"98000"}, 23, tomorrow},
		{"the first place that is known", []string{"", "98800"}, 13, tomorrow},
		{"the first of two", []string{"75011", "98800"}, 13, thisDay},
		{"no place is Paris", nil, 23, tomorrow},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := registry.TodayAt(at(tt.hour), tt.codes...); got.String() != tt.want {
				t.Errorf("it is %v, want %s", got, tt.want)
			}
		})
	}
}

func TestTheLatestDayIsThatOfWallis(t *testing.T) {
	for hour, want := range map[int]string{0: "2021-02-01", 11: "2021-02-01", 12: "2021-02-02", 23: "2021-02-02"} {
		if got := registry.LatestDay(time.Date(2021, 2, 1, hour, 30, 0, 0, time.UTC)); got.String() != want {
			t.Errorf("at %d h 30 UTC it is %v, want %s", hour, got, want)
		}
	}
}

func TestTheScheduleOfAFirstDose(t *testing.T) {
	ref := rt.Reference()
	tests := []struct {
		name, vaccine, first, today string
		recommended, maximum        int
	}{
		{"the first day", rt.Comirnaty, "2020-12-21", "2021-01-10", 21, 49},
		{"the last day of the first", rt.Comirnaty, "2021-01-24", "2021-02-01", 21, 49},
		{"the first day of the second", rt.Comirnaty, "2021-01-25", "2021-02-01", 28, 49},
		{"the last day of the second", rt.Comirnaty, "2021-04-13", "2021-05-31", 28, 49},
		{"six weeks from 14 April", rt.Comirnaty, "2021-04-14", "2021-05-31", 42, 49},
		{"a newer one covers earlier doses", rt.Comirnaty, "2021-04-14", "2021-06-01", 21, 49},
		{"it covers only once it is in force", rt.Moderna, "2021-04-14", "2021-05-31", 42, 49},
		{"AstraZeneca in weeks", rt.AstraZeneca, "2021-02-10", "2021-02-10", 63, 84},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, ok := ref.ScheduleFor(tt.vaccine, registry.MustDate(tt.first), registry.MustDate(tt.today))
			if !ok || s.Recommended != tt.recommended || s.Maximum != tt.maximum {
				t.Errorf("got %+v, %v", s, ok)
			}
		})
	}
	for _, none := range []struct{ vaccine, day string }{{rt.Comirnaty, "2020-12-20"}, {rt.Janssen, "2021-05-01"}, {"PLACEBO", "2021-05-01"}} {
		if s, ok := ref.ScheduleFor(none.vaccine, registry.MustDate(none.day), today); ok {
			t.Errorf("%s on %s has %+v", none.vaccine, none.day, s)
		}
	}
}

func TestNamesProfessionsAndVaccinesAreDated(t *testing.T) {
	ref := rt.Reference()
	moderna, _ := ref.Vaccine(rt.Moderna)
	backwards := moderna
	backwards.Names = []registry.DatedName{moderna.Names[1], moderna.Names[0]}
	for day, want := range map[string]string{
		"2020-01-01": "COVID-19 Vaccine Moderna", "2021-06-21": "COVID-19 Vaccine Moderna", "2021-06-22": "Spikevax", "2022-01-01": "Spikevax",
	} {
		for _, v := range []registry.Vaccine{moderna, backwards} {
			if got := v.NameOn(registry.MustDate(day)); got != want {
				t.Errorf("on %s the name is %q", day, got)
			}
		}
	}
	if (registry.Vaccine{}).NameOn(today) != "" {
		t.Error("a vaccine without names has one")
	}
	ref.Openings = append(ref.Openings, registry.ProfessionOpening{
		Profession: rt.ProfessionNurse, From: registry.MustDate("2021-03-04"), Until: registry.MustDate("2021-06-30"),
	})
	for day, want := range map[string]bool{"2021-03-03": false, "2021-03-04": true, "2021-06-30": true, "2021-07-01": false} {
		if ref.ProfessionAuthorised(rt.ProfessionNurse, registry.MustDate(day)) != want {
			t.Errorf("on %s nurses: want %v", day, want)
		}
	}
	for day, want := range map[string]int{"2020-12-20": 0, "2020-12-21": 1, "2021-01-06": 2, "2021-01-29": 3, "2021-03-11": 4} {
		if got := ref.AuthorisedVaccines(registry.MustDate(day)); len(got) != want {
			t.Errorf("on %s %d vaccines, want %d", day, len(got), want)
		}
	}
	if len(ref.Vaccines) != 4 {
		t.Error("listing the authorised vaccines changed the reference")
	}
}
