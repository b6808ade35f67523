package publish

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"
)

const secret = "a-secret-of-tests"

// startMock starts a mock gateway and returns its URL. The mock ends with the test, and also if the
// test process dies, for then its standard input ends.
func startMock(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	mock := exec.CommandContext(ctx, "tyk-contract", "serve", "--port", "0", "--quiet",
		"--start-line", "json", "--stop-at-eof")
	mock.Env = append(os.Environ(), "TYK_GW_SECRET="+secret)
	mock.Stderr = os.Stderr
	stdin, err := mock.StdinPipe()
	check(t, err)
	stdout, err := mock.StdoutPipe()
	check(t, err)
	check(t, mock.Start())
	t.Cleanup(func() {
		stdin.Close()
		mock.Wait()
		cancel()
	})
	var started struct{ URL string }
	check(t, json.NewDecoder(stdout).Decode(&started))
	return started.URL
}

// call sends a request, and decodes the answer into result unless that is nil; it returns the status.
func call(t *testing.T, method, url string, body, result any) int {
	t.Helper()
	var data bytes.Buffer
	if body != nil {
		check(t, json.NewEncoder(&data).Encode(body))
	}
	request, err := http.NewRequest(method, url, &data)
	check(t, err)
	request.Header.Set("X-Tyk-Authorization", secret)
	answer, err := http.DefaultClient.Do(request)
	check(t, err)
	defer answer.Body.Close()
	if result != nil {
		check(t, json.NewDecoder(answer.Body).Decode(result))
	}
	return answer.StatusCode
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
