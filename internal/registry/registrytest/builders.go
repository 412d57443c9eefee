// Package registrytest helps tests of the domain and of what builds on it: actors, patients, requests
// that are valid as they stand, a clock that can be set, and stores: one in memory that keeps the
// contract of registry.Store, one that fails on demand, one that captures changes. Everything is
// synthetic and the same at each call. Only tests may import it.
package registrytest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

// Doctor returns a doctor of that family name, practising in Paris. The same name is the same person.
func Doctor(name string) registry.Actor { return practitioner(name, registry.ProfessionDoctor, "Dr") }

// Nurse returns a nurse, to whom Reference does not open the service.
func Nurse(name string) registry.Actor { return practitioner(name, ProfessionNurse, "") }

// Support returns an agent of the assistance.
func Support(name string) registry.Actor { return Agent(registry.RoleSupport, name) }

// Agent returns someone who is no practitioner and has no place of practice.
func Agent(role registry.Role, name string) registry.Actor {
	return registry.Actor{
		Role: role, Door: registry.DoorPSC,
		Practitioner: registry.Practitioner{NationalID: "agent-" + strings.ToLower(name), FamilyName: name, GivenName: "Sacha"},
	}
}

// Overseas returns the actor at a place of practice of another postal code and town.
func Overseas(by registry.Actor, postalCode, town string) registry.Actor {
	by.Place.ID += "-" + postalCode
	by.Place.PostalCode, by.Place.Locality = postalCode, town
	return by
}

func practitioner(name, profession, civility string) registry.Actor {
	number := professionalNumber(name)
	return registry.Actor{
		Role: registry.RolePractitioner, Door: registry.DoorPSC,
		Practitioner: registry.Practitioner{
			NationalID: "8" + number, Profession: profession, Civility: civility, FamilyName: name, GivenName: "Camille",
		},
		Place: registry.PracticePlace{
			ID: "place-" + strings.ToLower(name), Name: "Cabinet " + name, Address: "12 rue de la Roquette",
			PostalCode: "75011", Locality: "Paris", PreviousID: "4" + number + "001", AMNumber: "751234568",
		},
	}
}

// professionalNumber makes an RPPS number of a name, with its Luhn digit.
func professionalNumber(name string) string {
	h := fnv.New32a()
	h.Write([]byte(name))
	body := fmt.Sprintf("10%08d", h.Sum32()%100_000_000)
	sum := 0
	for i := range len(body) {
		d := int(body[len(body)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return body + string(rune('0'+(10-sum%10)%10))
}

// NIR returns the n-th of a thousand million valid numbers, all different.
func NIR(n int) nir.Number {
	digits := fmt.Sprintf("%d%02d%02d75%03d%03d", 1+n%2, n/2%100, 1+n/200%12, n/2400%1000, 1+n/2_400_000%999)
	number, err := nir.FromDigits(digits)
	if err != nil {
		panic(err)
	}
	return number
}

// Patient returns the n-th patient: a woman of 75 in 2021, under her own NIR.
func Patient(n int) registry.Patient {
	return registry.Patient{
		Holder: NIR(n), Own: NIR(n),
		Identity: registry.Identity{
			BirthName: "Lefèvre", UsedName: "Durand", GivenNames: fmt.Sprintf("Jeanne %c", 'A'+rune(n%26)),
			Sex: registry.Female, BirthDate: registry.BirthDateOf(registry.MustDate("1945-06-15")), BirthRank: 1,
		},
		Contact: registry.Contact{
			Address: "3 rue des Lilas", Locality: Localities()[0], Phone: "0612345678", Email: "jeanne.durand@exemple.fr",
		},
	}
}

// RegistrationRequest returns a manual entry that is valid as it stands.
func RegistrationRequest() registry.RegistrationRequest {
	return registry.RegistrationRequest{
		BirthName: "Lefèvre", UsedName: "Durand", GivenNames: "Jeanne", Sex: string(registry.Female),
		BirthDate: "15/06/1945", BirthRank: "1", Address: "3 rue des Lilas", Locality: "75011 Paris",
		Phone: "06 12 34 56 78", Email: "jeanne.durand@exemple.fr", Searched: true,
	}
}

// Declare declares someone eligible, as EligibilityRequest does, whatever the declarer is asked about.
func Declare(ctx context.Context, g *registry.Registry, act registry.Act) error {
	return confirming(func(confirmed []string) error {
		req := EligibilityRequest()
		req.Confirmed = confirmed
		_, err := g.DeclareEligibility(ctx, act, req)
		return err
	})
}

// Inject records a dose, whatever the declarer is asked about.
func Inject(ctx context.Context, g *registry.Registry, act registry.Act, req registry.DoseRequest) error {
	return confirming(func(confirmed []string) error {
		req.Confirmed = confirmed
		_, err := g.RecordDose(ctx, act, req)
		return err
	})
}

// Rectify rectifies a dose, and confirms whatever is asked about.
func Rectify(ctx context.Context, g *registry.Registry, act registry.Act, req registry.DoseRequest) error {
	return confirming(func(confirmed []string) error {
		req.Confirmed = confirmed
		_, err := g.RectifyDose(ctx, act, req)
		return err
	})
}

// confirming acts, and once more with what it was asked about confirmed.
func confirming(act func(confirmed []string) error) error {
	err := act(nil)
	var asked *registry.Error
	if !errors.As(err, &asked) || len(asked.Questions) == 0 {
		return err
	}
	codes := make([]string, len(asked.Questions))
	for i, q := range asked.Questions {
		codes[i] = q.Code
	}
	return act(codes)
}

// EligibilityRequest returns a declaration that is valid on the day of NewClock and raises no question.
func EligibilityRequest() registry.EligibilityRequest {
	return registry.EligibilityRequest{
		Prescribes: registry.Yes, PrescribedOn: "28/01/2021", HealthProfessional: registry.No,
		PatientAgrees: true, ConditionsAccepted: true,
	}
}

// PaperRequest returns a declaration whose prescriber, a doctor of that name, is typed from the paper.
func PaperRequest(prescriber string) registry.EligibilityRequest {
	req := EligibilityRequest()
	p := Doctor(prescriber).Practitioner
	req.Prescribes, req.FamilyName, req.GivenName, req.Number = registry.No, p.FamilyName, p.GivenName, p.Number()
	req.Structure = "Cabinet du Port"
	return req
}

// DoseRequest returns a dose of Comirnaty that is valid on the day of NewClock and raises no question.
func DoseRequest() registry.DoseRequest {
	return registry.DoseRequest{
		Vaccine: Comirnaty, Lot: KnownLot, Site: RightDeltoid, Occurrence: "01/02/2021", PerformerSelf: registry.Yes,
		PlaceType: PlaceEHPAD, Place: "75011 Paris – EHPAD Les Glycines",
	}
}

// SecondDoseDay is a day in the interval recommended after the dose of DoseRequest.
const SecondDoseDay = "2021-03-01"

// SecondDoseRequest returns a second dose that is valid on SecondDoseDay, after that of DoseRequest.
func SecondDoseRequest() registry.DoseRequest {
	req := DoseRequest()
	req.Occurrence, req.Lot = "01/03/2021", "EJ6796"
	return req
}

// Clock is a clock that stands until it is set. It may be used from several goroutines.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that stands at 10:00 in Paris on 1 February 2021.
func NewClock() *Clock {
	return &Clock{now: time.Date(2021, time.February, 1, 9, 0, 0, 0, time.UTC)}
}

// Now returns the time at which the clock stands.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set puts the clock at a time.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// SetDay puts the clock at 09:00 UTC of an ISO day.
func (c *Clock) SetDay(iso string) {
	d := registry.MustDate(iso)
	c.Set(time.Date(d.Year, d.Month, d.Day, 9, 0, 0, 0, time.UTC))
}

// Random returns a source that gives the same bytes for the same seed and may be used from several
// goroutines.
func Random(seed byte) *LockedRandom {
	return &LockedRandom{source: rand.NewChaCha8([32]byte{seed})}
}

// LockedRandom is a source of bytes that look random and repeat.
type LockedRandom struct {
	mu     sync.Mutex
	source *rand.ChaCha8
}

// Read fills p; it never fails.
func (r *LockedRandom) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Read(p)
}

// NewRegistry returns the use cases over a store, both clocks on the one given, its randomness repeatable.
func NewRegistry(store registry.Store, clock *Clock) *registry.Registry {
	g := registry.New(store)
	g.Business, g.Security, g.Random = clock.Now, clock.Now, Random(1)
	g.PseudonymKey = []byte("a key of pseudonyms for tests")
	g.Pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() } // the clock stands
	return g
}
