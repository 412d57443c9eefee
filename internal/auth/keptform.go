package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"
)

// KeptForm is a form that was sent after its session had expired, to be shown again, filled, once the
// same person has signed in.
type KeptForm struct {
	Path   string
	Values url.Values
}

const formPurpose = "kept-form"

// KeepForm keeps a form for a practitioner, sealed, for KeptFor at most.
func (m *Manager) KeepForm(ctx context.Context, nationalID string, form KeptForm) error {
	data, err := json.Marshal(form)
	if err != nil {
		return fmt.Errorf("keeping a form: %w", err)
	}
	owner := m.sealer.blind(formPurpose, nationalID)
	return m.store.KeepForm(ctx, owner, m.sealer.seal(formPurpose, owner, data), time.Now().Add(KeptFor))
}

// KeptForm returns the form kept for a practitioner, if there is one and it is not past its time.
func (m *Manager) KeptForm(ctx context.Context, nationalID string) (KeptForm, bool, error) {
	owner := m.sealer.blind(formPurpose, nationalID)
	sealed, expires, found, err := m.store.KeptForm(ctx, owner)
	if err != nil || !found || !time.Now().Before(expires) {
		return KeptForm{}, false, err
	}
	data, err := m.sealer.open(formPurpose, owner, sealed)
	if err != nil {
		return KeptForm{}, false, nil // sealed with a key of before
	}
	var form KeptForm
	if err := json.Unmarshal(data, &form); err != nil {
		return KeptForm{}, false, fmt.Errorf("reading a kept form: %w", err)
	}
	return form, true, nil
}

// DropForm forgets the form kept for a practitioner.
func (m *Manager) DropForm(ctx context.Context, nationalID string) error {
	return m.store.DropForm(ctx, m.sealer.blind(formPurpose, nationalID))
}
