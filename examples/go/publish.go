// Package publish writes policies to a Tyk gateway.
package publish

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Publisher is a client of one gateway that repeats requests which were lost,
// or refused with a 5xx status.
type Publisher struct {
	URL      string
	Secret   string
	Attempts int
	Pause    time.Duration // before the second attempt, doubled for each further one
}

// Publish writes a policy; the gateway uses it after its next reload.
func (p Publisher) Publish(ctx context.Context, policy any) error {
	body, err := json.Marshal(policy)
	if err != nil {
		return err
	}
	return p.send(ctx, http.MethodPost, "/tyk/policies", body)
}

// Reload loads all written policies, and waits until they are loaded.
func (p Publisher) Reload(ctx context.Context) error {
	return p.send(ctx, http.MethodGet, "/tyk/reload?block=true", nil)
}

func (p Publisher) send(ctx context.Context, method, path string, body []byte) error {
	pause := p.Pause
	for attempt := 1; ; attempt++ {
		retry, err := p.try(ctx, method, path, body)
		if err == nil || !retry || attempt >= p.Attempts {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
			pause *= 2
		}
	}
}

// try sends a request once; retry says whether a failure may be repeated.
func (p Publisher) try(ctx context.Context, method, path string, body []byte) (retry bool, err error) {
	request, err := http.NewRequestWithContext(ctx, method, p.URL+path, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	request.Header.Set("X-Tyk-Authorization", p.Secret)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return true, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return true, err
	}
	if answer.StatusCode >= 300 {
		return answer.StatusCode >= 500, fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, text)
	}
	return false, nil
}
