package web

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/auth/cps"
	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/web/assets"
	"vaccin/internal/web/ui"
)

// The door of CPS cards. It begins and ends at the service; between, the browser goes to a listener of
// its own that asks for the card (CardHandler), and comes back with a code.

// doorsView is which ways to sign in a page offers, and the path to come back to.
type doorsView struct {
	back string
	card bool
}

func (s *Server) doors(back string) doorsView { return doorsView{back, s.Settings.CardURL != ""} }

// cpsAddress begins the sign-in by card; back is the path to come back to.
func cpsAddress(back string) string {
	if back == "" {
		return "/connexion/cps"
	}
	return "/connexion/cps?retour=" + url.QueryEscape(back)
}

// beginCPS sends the browser to the listener that asks for the card.
func (s *Server) beginCPS(w http.ResponseWriter, r *http.Request) error {
	if s.Settings.CardURL == "" {
		return registry.NotFound("L’identification par carte CPS n’est pas proposée sur cette installation. Identifiez-vous avec Pro Santé Connect.")
	}
	state, err := s.Auth.BeginCard(w, ownPath(r.URL.Query().Get("retour")))
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Settings.CardURL+"/carte?etat="+state, http.StatusSeeOther)
	return nil
}

// finishCPS receives the browser from the listener of cards and lets the person in, or says why not.
func (s *Server) finishCPS(w http.ResponseWriter, r *http.Request) error {
	code := r.URL.Query().Get("code")
	attempt, ok := s.Auth.TakeCardAttempt(w, r)
	if !ok {
		if err := s.Auth.DropCode(r.Context(), code); err != nil {
			return err
		}
		return s.signInRefused(w, r, errNoAttempt)
	}
	card, ok, err := s.Auth.TakeOver(r.Context(), attempt, code)
	if err != nil {
		return err
	}
	if !ok {
		return s.signInRefused(w, r, errNoHandover)
	}
	authorised, places, err := s.known(r, card.NationalID)
	if err != nil {
		return err
	}
	login, err := auth.LoginFromCPS(card, professionOf(card.Professions), authorised, places, time.Now())
	if errors.Is(err, auth.ErrNoPlace) {
		err = errNoImportedPlace
	}
	if err != nil {
		return s.signInRefused(w, r, err)
	}
	return s.letIn(w, r, login, attempt.Return)
}

var (
	errNoHandover      = errors.New("the code of a card does not serve here, or no longer")
	errNoImportedPlace = errors.New("no place of practice in the imported list")
)

// cardSignInRefusal is why someone whose card was accepted is not let in.
func cardSignInRefusal(err error) (refusal, bool) {
	switch {
	case errors.Is(err, errNoHandover):
		return refusal{
			"Connexion à recommencer", "Le passage de votre carte au téléservice a déjà servi, vient d’un autre navigateur ou a duré plus de trente secondes : par sécurité, il n’a pas été accepté.",
			"Recommencez la connexion depuis cette page.", true,
		}, true
	case errors.Is(err, errNoImportedPlace):
		return refusal{
			"Aucun lieu d’exercice", "Votre carte est valide, mais aucun lieu d’exercice n’est enregistré à votre nom dans la liste de l’Assurance Maladie : le téléservice ne peut pas savoir où vous exercez.",
			"Faites vérifier vos lieux d’exercice par votre caisse d’assurance maladie, puis reconnectez-vous.", false,
		}, true
	}
	return refusal{}, false
}

// professionOf is the code of the one profession that the texts of a card name, or nothing.
func professionOf(texts []string) string {
	code := ""
	for _, text := range texts {
		p, ok := referential.ProfessionByLabel(text)
		if ok && code != "" && p.Code != code {
			return ""
		}
		if ok {
			code = p.Code
		}
	}
	return code
}

// CardHandler answers at the listener that asks for cards: there, whoever presents the card of a
// practitioner is sent back to the service with a code, and all others are told why not. It has no page of
// the service, and neither reads nor makes its cookies.
func (s *Server) CardHandler() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, h handler) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-store")
			if err := h(w, r); err != nil {
				s.Log.Error("request failed", "route", r.Pattern, "error", err)
				s.refuseCard(w, r, http.StatusInternalServerError, refusal{
					"Service momentanément indisponible", "Le service n’a pas pu lire votre carte.",
					"Réessayez dans un instant. Si le problème persiste, contactez l’assistance.", true,
				})
			}
		})
	}
	mux.Handle("GET /assets/", assets.Handler())
	handle("/carte", s.readCard)
	handle("/", func(w http.ResponseWriter, r *http.Request) error {
		return s.refuseCard(w, r, http.StatusNotFound, refusal{
			"Page introuvable", "Cette adresse ne sert qu’à lire votre carte CPS pendant la connexion.",
			"Commencez la connexion depuis cette page.", true,
		})
	})
	return s.protect(mux)
}

// readCard verifies the card of the connection and hands its identity over.
func (s *Server) readCard(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet { // HEAD neither: to look at an address hands no card over
		w.Header().Set("Allow", http.MethodGet)
		return s.refuseCard(w, r, http.StatusMethodNotAllowed, refusal{
			"Demande impossible", "Cette adresse ne répond qu’au passage du navigateur pendant la connexion.", "Commencez la connexion depuis cette page.", true,
		})
	}
	state := r.URL.Query().Get("etat")
	if !auth.IsCardState(state) {
		return s.refuseCard(w, r, http.StatusBadRequest, refusal{
			"Connexion à recommencer", "La connexion par carte commence sur le téléservice.", "Recommencez la connexion depuis cette page.", true,
		})
	}
	card, err := s.Cards.Verify(r.Context(), r.TLS.PeerCertificates)
	if reason := cps.ReasonOf(err); reason != "" {
		s.Log.Info("card refused", "reason", string(reason), "error", err)
		status := http.StatusForbidden
		if reason == cps.ReasonRevocationUnknown {
			status = http.StatusServiceUnavailable
		}
		return s.refuseCard(w, r, status, cardRefusals[reason])
	}
	if err != nil {
		return err
	}
	code, err := s.Auth.HandOver(r.Context(), state, card)
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Settings.PublicURL+"/connexion/cps/retour?code="+code, http.StatusSeeOther)
	return nil
}

func (s *Server) refuseCard(w http.ResponseWriter, r *http.Request, status int, why refusal) error {
	page := ui.Page{Title: why.title, Assets: assets.Path, Service: s.Settings.PublicURL}
	return s.render(w, r, status, cardRefusedPage(page, why))
}

// cardRefusals are why a card does not open, in words, with what to do.
var cardRefusals = map[cps.Reason]refusal{
	cps.ReasonNoCertificate: {
		"Aucune carte présentée", "Le navigateur n’a transmis aucun certificat : la carte n’est pas dans le lecteur, son code n’a pas été saisi, la demande a été annulée, ou la carte a expiré, car les navigateurs ne proposent pas les cartes expirées.",
		"Insérez votre carte CPS dans le lecteur, fermez puis rouvrez le navigateur, et recommencez. Si aucun certificat ne vous est proposé, vérifiez que le logiciel de la carte (Cryptolib CPS) est installé.", true,
	},
	cps.ReasonSelfSigned: {
		"Certificat non reconnu", "Le certificat présenté n’est signé que par lui-même : il ne vient pas d’une carte CPS.",
		"Fermez puis rouvrez le navigateur, recommencez, et choisissez le certificat de votre carte CPS.", true,
	},
	cps.ReasonOtherAuthority: {
		"Certificat d’une autre autorité", "Le certificat présenté n’a pas été émis par l’autorité des cartes de professionnels de santé (IGC-Santé).",
		"Fermez puis rouvrez le navigateur, recommencez, et choisissez le certificat de votre carte CPS.", true,
	},
	cps.ReasonWrongTier: {
		"Certificat d’un autre niveau", "Le certificat présenté vient de l’IGC-Santé, mais d’un niveau que ce téléservice n’accepte pas : il n’est pas celui d’une carte CPS.",
		"Fermez puis rouvrez le navigateur, recommencez, et choisissez le certificat de votre carte CPS.", true,
	},
	cps.ReasonExpired: {
		"Carte expirée", "La date de validité de votre carte est passée.",
		"Demandez son renouvellement à l’Agence du numérique en santé. D’ici là, identifiez-vous avec votre e-CPS, par Pro Santé Connect.", false,
	},
	cps.ReasonNotYetValid: {
		"Carte pas encore valide", "La période de validité de votre carte n’a pas commencé.",
		"Utilisez votre carte en cours de validité, ou identifiez-vous avec votre e-CPS, par Pro Santé Connect.", true,
	},
	cps.ReasonNotForSignIn: {
		"Certificat non prévu pour s’identifier", "Le certificat présenté ne sert pas à s’identifier. Une carte CPS en contient deux : l’un pour s’identifier, l’autre pour signer.",
		"Fermez puis rouvrez le navigateur, recommencez, et choisissez le certificat d’authentification de votre carte.", true,
	},
	cps.ReasonRevoked: {
		"Carte révoquée", "Cette carte, ou l’autorité qui l’a émise, a été révoquée : elle a pu être déclarée perdue ou volée, ou être remplacée. Elle ne permet plus de s’identifier.",
		"Si vous avez reçu une nouvelle carte, utilisez-la. Sinon, adressez-vous à l’Agence du numérique en santé.", false,
	},
	cps.ReasonRevocationUnknown: {
		"Vérification momentanément impossible", "Le service n’a pas pu vérifier que votre carte n’a pas été révoquée : par sécurité, elle n’a pas été acceptée.",
		"Réessayez dans quelques minutes, ou identifiez-vous avec votre e-CPS, par Pro Santé Connect.", true,
	},
	cps.ReasonStaffCard: {
		"Carte de service", "Cette carte est celle d’un membre du personnel d’une structure. Le téléservice est réservé aux professionnels de santé habilités.",
		"Si vous êtes professionnel de santé, fermez puis rouvrez le navigateur et utilisez votre carte CPS personnelle.", true,
	},
	cps.ReasonNoNationalID: {
		"Identifiant national absent", "Votre carte ne porte ni numéro RPPS ni numéro ADELI.", "Contactez l’assistance.", false,
	},
	cps.ReasonInvalidIdentity: {
		"Carte illisible", "Ce que votre carte dit de vous n’a pas pu être lu de façon sûre.", "Contactez l’assistance.", false,
	},
}
