package pcsc_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/demo/vitalesim"
	"vaccin/internal/vitale"
	"vaccin/internal/vitale/pcsc"
	"vaccin/internal/vitale/vitaletest"
)

// These tests read virtual cards through the PC/SC service of the system and its library.

// readIn is set in the processes that read for a test: the library remembers, as long as a process lives,
// which service it speaks to.
const readIn = "VACCIN_TEST_READS_A_CARD"

func TestMain(m *testing.M) {
	if os.Getenv(readIn) == "" {
		os.Exit(m.Run())
	}
	found, err := pcsc.Reader{}.Read()
	fmt.Printf("%v\n", err)
	for _, b := range found {
		fmt.Printf("%s|%s|%s|%s|%s\n", b.FamilyName, b.GivenNames, b.BirthDate, b.NIR, b.NIRProblem)
	}
}

// reading is what one process read, and its error.
func reading(t *testing.T, s vitaletest.Service) (problem string, people []string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	read := exec.CommandContext(t.Context(), program)
	read.Env = append(os.Environ(), readIn+"=yes", vitaletest.SocketVariable+"="+s.Socket)
	read.Stderr = os.Stderr
	out, err := read.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[0], lines[1:]
}

// insert puts a card into the virtual reader until the end of the test, or until out is called.
func insert(t *testing.T, s vitaletest.Service, card *vitalesim.Card) (out func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- card.Insert(ctx, s.Reader) }()
	out = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the virtual card: %v", err)
		}
		ended <- nil
	}
	t.Cleanup(out)
	return out
}

// soon reads until the service has noticed that a card came in or went out, which takes it a moment.
func soon(t *testing.T, s vitaletest.Service, before vitale.Problem) (problem string, people []string) {
	t.Helper()
	for limit := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if problem, people = reading(t, s); problem != before.Error() || time.Now().After(limit) {
			return problem, people
		}
	}
}

// otherATR is the answer to reset of a card that is not known by it.
var otherATR = []byte{0x3B, 0x65, 0x00, 0x00, 0x9C, 0x02, 0x02, 0x07, 0x02}

const (
	holder = "269054958815780"
	wrong  = "269054958815781"
)

func TestCardsInARealReader(t *testing.T) {
	t.Parallel()
	durand := vitalesim.Person{FamilyName: "DURAND", GivenNames: "ALICE", BirthDate: "19690512", NIR: holder}
	child := func(given, born string) vitalesim.Person {
		return vitalesim.Person{FamilyName: "DURAND", GivenNames: given, BirthDate: born, NIR: holder}
	}
	truncated := vitalesim.Of(durand, child("BOB", "20051224"))
	truncated.Identities = truncated.Identities[:len(truncated.Identities)-3]
	garbled := vitalesim.Of(durand)
	garbled.Numbers = []byte{0x65, 0x84, 1, 2, 3}
	uneven := vitalesim.Of(durand, child("BOB", "20051224"))
	uneven.Numbers = vitalesim.Of(durand).Numbers
	unknownATR := vitalesim.Of(durand)
	unknownATR.ATR = otherATR
	line := func(p vitalesim.Person) string {
		return strings.Join([]string{p.FamilyName, p.GivenNames, p.BirthDate, p.NIR, ""}, "|")
	}
	family := []vitalesim.Person{durand, child("BOB", "20051224"), child("CHLOÉ", "20100103"), child("DAVID", "20141231")}
	twins := []vitalesim.Person{durand, child("ÈVE", "20080229"), child("FÉLIX", "20080229")}
	lunar := vitalesim.Person{FamilyName: "BENALI", GivenNames: "FATMA", BirthDate: "19421901", NIR: holder}
	badNumber := durand
	badNumber.NIR = wrong
	for _, tt := range []struct {
		name   string
		card   *vitalesim.Card
		want   string
		people []string
	}{
		{"one beneficiary", vitalesim.Of(durand), "<nil>", []string{line(durand)}},
		{"four beneficiaries", vitalesim.Of(family...), "<nil>", []string{line(family[0]), line(family[1]), line(family[2]), line(family[3])}},
		{"twins", vitalesim.Of(twins...), "<nil>", []string{line(twins[0]), line(twins[1]), line(twins[2])}},
		{"lunar date", vitalesim.Of(lunar), "<nil>", []string{line(lunar)}},
		{"wrong key", vitalesim.Of(badNumber), "<nil>", nil},
		{"a card of another answer to reset", unknownATR, "<nil>", []string{line(durand)}},
		{"truncated", truncated, vitale.Malformed.Error(), nil},
		{"garbled", garbled, vitale.Malformed.Error(), nil},
		{"more people than numbers", uneven, vitale.Malformed.Error(), nil},
		{"another card", &vitalesim.Card{Foreign: true, ATR: otherATR}, vitale.NotVitale.Error(), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := vitaletest.Start(t)
			insert(t, s, tt.card)
			problem, people := soon(t, s, vitale.NoCard)
			if problem != tt.want {
				t.Fatalf("the answer is %s, want %s", problem, tt.want)
			}
			if tt.name == "wrong key" {
				if len(people) != 1 || !strings.Contains(people[0], "|"+wrong+"|") || !strings.Contains(people[0], "clé") {
					t.Errorf("a number of a wrong key is not said: %q", people)
				}
				return
			}
			if diff := cmp.Diff(tt.people, people); len(tt.people)+len(people) > 0 && diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestACardPulledOutHalfWay(t *testing.T) {
	t.Parallel()
	people := make([]vitalesim.Person, 30) // two pieces
	for i := range people {
		people[i] = vitalesim.Person{FamilyName: "DURAND", GivenNames: fmt.Sprintf("ENFANT %d", i), BirthDate: "20100102", NIR: holder}
	}
	for after := 1; after <= 5; after++ {
		t.Run(fmt.Sprintf("after %d commands", after), func(t *testing.T) {
			t.Parallel()
			s := vitaletest.Start(t)
			card := vitalesim.Of(people...)
			card.PulledOut = after
			insert(t, s, card)
			if problem, people := soon(t, s, vitale.NoCard); problem != vitale.Removed.Error() || len(people) != 0 {
				t.Errorf("%s and %d people", problem, len(people))
			}
			if problem, _ := soon(t, s, vitale.Removed); problem != vitale.NoCard.Error() {
				t.Errorf("afterwards: %s", problem)
			}
		})
	}
}

func TestCardsComeAndGo(t *testing.T) {
	t.Parallel()
	s := vitaletest.Start(t)
	if problem, _ := reading(t, s); problem != vitale.NoCard.Error() {
		t.Fatalf("an empty reader: %s", problem)
	}
	out := insert(t, s, vitalesim.Of(vitalesim.Person{FamilyName: "UN", BirthDate: "19690512", NIR: holder}))
	if problem, people := soon(t, s, vitale.NoCard); problem != "<nil>" || len(people) != 1 || !strings.HasPrefix(people[0], "UN|") {
		t.Fatalf("the first card: %s", problem)
	}
	if problem, people := reading(t, s); problem != "<nil>" || len(people) != 1 {
		t.Fatalf("the first card, once more: %s", problem)
	}
	out()
	for limit := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		problem, _ := reading(t, s)
		if problem == vitale.NoCard.Error() {
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("the card is out: %s", problem)
		}
	}
	insert(t, s, vitalesim.Of(vitalesim.Person{FamilyName: "DEUX", BirthDate: "19690512", NIR: holder}))
	if problem, people := soon(t, s, vitale.NoCard); problem != "<nil>" || len(people) != 1 || !strings.HasPrefix(people[0], "DEUX|") {
		t.Fatalf("the second card: %s", problem)
	}
}

// A practitioner's own card often stands in the other reader.
func TestTheCarteVitaleIsFoundAmongTwoCards(t *testing.T) {
	t.Parallel()
	durand := vitalesim.Of(vitalesim.Person{FamilyName: "DURAND", GivenNames: "ALICE", BirthDate: "19690512", NIR: holder})
	unknown := *durand // a carte Vitale of another generation
	unknown.ATR = otherATR
	broken := *durand
	broken.Numbers = broken.Numbers[:7]
	for _, tt := range []struct {
		name string
		card *vitalesim.Card
		want string
	}{
		{"a carte Vitale that is known", durand, "<nil>"},
		{"one that is not", &unknown, "<nil>"},
		{"one that is broken", &broken, vitale.Malformed.Error()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := vitaletest.Start(t)
			insert(t, s, &vitalesim.Card{Foreign: true, ATR: otherATR})
			second := s
			second.Reader = s.Second
			if problem, _ := soon(t, s, vitale.NoCard); problem != vitale.NotVitale.Error() {
				t.Fatalf("the other card alone: %s", problem)
			}
			insert(t, second, tt.card)
			if problem, people := soon(t, s, vitale.NotVitale); problem != tt.want || (len(people) == 1) != (tt.want == "<nil>") {
				t.Errorf("%s and %d people", problem, len(people))
			}
		})
	}
}

func TestACarteVitaleThatIsBrokenDoesNotLeadToAnotherCard(t *testing.T) {
	t.Parallel()
	durand := vitalesim.Of(vitalesim.Person{FamilyName: "DURAND", GivenNames: "ALICE", BirthDate: "19690512", NIR: holder})
	other, broken := *durand, *durand
	other.ATR, broken.Numbers = otherATR, broken.Numbers[:7]
	s := vitaletest.Start(t)
	second := s
	second.Reader = s.Second
	insert(t, second, &broken)
	if problem, _ := soon(t, s, vitale.NoCard); problem != vitale.Malformed.Error() {
		t.Fatalf("the broken card alone: %s", problem)
	}
	insert(t, s, &other)
	time.Sleep(time.Second) // the service has seen the other card by then; it must make no difference
	if problem, people := reading(t, s); problem != vitale.Malformed.Error() || len(people) != 0 {
		t.Errorf("with another card beside it: %s and %d people", problem, len(people))
	}
}

func TestNoReaderAndNoService(t *testing.T) {
	t.Parallel()
	if problem, _ := reading(t, vitaletest.StartWithoutReader(t)); problem != vitale.NoReader.Error() {
		t.Errorf("without a reader: %s", problem)
	}
	if problem, _ := reading(t, vitaletest.Service{Socket: t.TempDir() + "/none"}); problem != vitale.NoService.Error() {
		t.Errorf("without the service: %s", problem)
	}
}
