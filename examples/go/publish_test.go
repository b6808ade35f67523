package publish

import (
	"testing"
	"time"
)

var gold = map[string]any{"id": "gold", "name": "Gold", "rate": 1000, "per": 60}

// A policy whose first request is lost is written by the second one, and loaded by a reload.
func TestALostRequestIsRepeated(t *testing.T) {
	url := startMock(t)
	publisher := Publisher{URL: url, Secret: secret, Attempts: 3, Pause: 50 * time.Millisecond}
	fault := map[string]any{"operation": "addPolicy", "drop": true}
	if status := call(t, "POST", url+"/_mock/faults", fault, nil); status != 200 {
		t.Fatalf("the fault is refused with status %d", status)
	}

	check(t, publisher.Publish(t.Context(), gold))

	var journal []struct{ Status int }
	call(t, "GET", url+"/_mock/journal?operation=addPolicy", nil, &journal)
	if len(journal) != 2 || journal[0].Status != 0 || journal[1].Status != 200 {
		t.Fatalf("want a dropped request and one with status 200, got %v", journal)
	}
	if status := call(t, "GET", url+"/tyk/policies/gold", nil, nil); status != 404 {
		t.Fatalf("a policy is loaded before a reload: status %d", status)
	}
	check(t, publisher.Reload(t.Context()))
	if status := call(t, "GET", url+"/tyk/policies/gold", nil, nil); status != 200 {
		t.Fatalf("the policy is not loaded: status %d", status)
	}
}

// A request that the gateway refuses is sent once.
func TestARefusalIsNotRepeated(t *testing.T) {
	url := startMock(t)
	publisher := Publisher{URL: url, Secret: "wrong", Attempts: 3}
	if err := publisher.Publish(t.Context(), gold); err == nil {
		t.Fatal("a wrong secret is taken")
	}
	var journal []struct{ Status int }
	call(t, "GET", url+"/_mock/journal?status=403", nil, &journal)
	if len(journal) != 1 {
		t.Fatalf("want one refused request, got %d", len(journal))
	}
}
