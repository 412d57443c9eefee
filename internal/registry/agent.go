package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// This file is who agents are. Campaigns, runs and letters keep the identifier of who did something to them, as the access log
// does; whoever approves what another prepared has to read a name.

// Agent is someone who came by the door of agents, as their provider named them the last time.
type Agent struct {
	ID         string // their national identifier here: AgentPrefix and what their provider calls them
	FamilyName string
	GivenName  string
	SeenAt     time.Time // when they came, to agentSeenEvery
}

// DisplayName is the name as screens show it: «Camille MARTIN».
func (a Agent) DisplayName() string {
	return Practitioner{FamilyName: a.FamilyName, GivenName: a.GivenName}.DisplayName()
}

// agentSeenEvery is how often it is kept that someone came: to sign in again writes nothing before.
const agentSeenEvery = 24 * time.Hour

// Agents are those who are known, by their identifier.
type Agents map[string]Agent

// Name is what someone is called, or nothing for who is not known: an operator, or an agent who never came since names are kept.
func (a Agents) Name(nationalID string) string {
	known, ok := a[nationalID]
	if !ok {
		return ""
	}
	return known.DisplayName()
}

// Label names someone, with the identifier by which the access log knows them: «Camille MARTIN (agent:camille)». Who is not
// known is their identifier alone.
func (a Agents) Label(nationalID string) string {
	label := IdentifierLabel(nationalID)
	if name := a.Name(nationalID); name != "" {
		return name + " (" + label + ")"
	}
	return label
}

// Colleagues are agents as they are named to each other, and to who runs the service.
type Colleagues struct {
	Agents
	bearers map[string]int // how many bear a name that looks like this
}

// Colleagues are the agents so.
func (a Agents) Colleagues() Colleagues {
	c := Colleagues{a, map[string]int{}}
	for _, known := range a {
		c.bearers[likeness(known.DisplayName())]++
	}
	return c
}

// WhoIs names someone. Their identifier, of which colleagues know nothing, is told only of who has no name here, and of namesakes, whom
// nothing else tells apart: also of those whose names only look alike, for at some providers people write their own.
func (c Colleagues) WhoIs(nationalID string) string {
	if name := c.Name(nationalID); legible(name) && c.bearers[likeness(name)] == 1 {
		return name
	}
	return c.Label(nationalID)
}

// resembling are signs that look like others on a screen.
var resembling = strings.NewReplacer("rn", "m", "vv", "w", "i", "l", "ı", "l", "1", "l", "0", "o")

// likeness is the same of names that look alike.
func likeness(name string) string { return resembling.Replace(Fold(name)) }

// notNames are the likenesses of what pages say where a name may stand: of whoever looks, and of what no person did.
var notNames = []string{likeness("Vous"), likeness("Le service")}

// legible tells a name that says by itself who it is of: its letters are those of names here, and each is seen.
func legible(name string) bool {
	folded := Fold(name)
	strange := func(r rune) bool { return !unicode.Is(Alphabet, r) && !strings.ContainsRune(NameSigns, r) }
	return folded != "" && !strings.ContainsFunc(folded, strange) && !slices.Contains(notNames, likeness(name))
}

// AgentStore keeps who agents are.
type AgentStore interface {
	// KeepAgent keeps an agent, in place of what was known of them. Whom it knows by that name, and saw at a moment or
	// later, it leaves as they are.
	KeepAgent(ctx context.Context, a Agent, unlessSeen time.Time) error

	// Agents returns all agents, in the order of their identifiers.
	Agents(ctx context.Context) ([]Agent, error)
}

// agents is the store as what keeps agents, or an error for one that does not.
func (g *Registry) agents() (AgentStore, error) {
	if s, ok := g.Store.(AgentStore); ok {
		return s, nil
	}
	return nil, errors.New("registry: this store keeps no agents")
}

// MeetAgent keeps the name of an agent who signs in.
func (g *Registry) MeetAgent(ctx context.Context, a Agent) error {
	s, err := g.agents()
	if err != nil {
		return err
	}
	a.SeenAt = g.Security()
	if err := s.KeepAgent(ctx, a, a.SeenAt.Add(-agentSeenEvery)); err != nil {
		return fmt.Errorf("keeping the name of an agent: %w", err)
	}
	return nil
}

// Agents tells who agents are, to the pages that show their identifiers: those have the right, and nothing here is of patients.
func (g *Registry) Agents(ctx context.Context) (Agents, error) {
	s, err := g.agents()
	if err != nil {
		return nil, err
	}
	all, err := s.Agents(ctx)
	if err != nil {
		return nil, err
	}
	known := make(Agents, len(all))
	for _, a := range all {
		known[a.ID] = a
	}
	return known, nil
}

// Colleagues tells who agents are to each other, and to who runs the service.
func (g *Registry) Colleagues(ctx context.Context) (Colleagues, error) {
	all, err := g.Agents(ctx)
	return all.Colleagues(), err
}
