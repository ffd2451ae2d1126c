// Times Porcupine on the histories that the checker's bench wrote: `beside FILE`, where FILE has a line for each
// with its name, our time and the files that it is in. Prints the name and the milliseconds.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// How long Porcupine may take for one history.
const timeout = 20 * time.Second

// A call: what is asked, of what. Answers are texts; no answer is "?".
type call struct{ op, key, first, second string }

func main() {
	lines := read(os.Args[1])
	for _, line := range lines {
		columns := strings.Split(line, "\t")
		if len(columns) < 3 {
			continue
		}
		if took, ok := all(strings.Fields(columns[2])); ok {
			fmt.Printf("%s\t%.3f\n", columns[0], took)
		} else {
			fmt.Printf("%s\tnone in %.0f s\n", columns[0], timeout.Seconds())
		}
	}
}

// The least of several runs over all files, in milliseconds.
func all(files []string) (float64, bool) {
	best := time.Hour
	for begun, runs := time.Now(), 0; runs < 3 || (runs < 50 && time.Since(begun) < time.Second); runs++ {
		var sum time.Duration
		for _, file := range files {
			model, events := history(file)
			start := time.Now()
			result := porcupine.CheckEventsTimeout(model, events, timeout)
			sum += time.Since(start)
			if result == porcupine.Unknown {
				return 0, false
			}
		}
		if sum < best {
			best = sum
		}
	}
	return float64(best.Nanoseconds()) / 1e6, true
}

func read(file string) []string {
	opened, err := os.Open(file)
	if err != nil {
		panic(err)
	}
	defer opened.Close()
	var lines []string
	scanner := bufio.NewScanner(opened)
	scanner.Buffer(nil, 1<<24)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	return lines
}

// The first line names the model; then `i`, number, client, operation, key and two arguments, or `r`, number and answer.
func history(file string) (porcupine.Model, []porcupine.Event) {
	lines := read(file)
	var events []porcupine.Event
	open := map[int]int{}
	for _, line := range lines[1:] {
		c := strings.Split(line, "\t")
		id, _ := strconv.Atoi(c[1])
		if c[0] == "i" {
			client, _ := strconv.Atoi(c[2])
			open[id] = client
			asked := call{c[3], c[4], c[5], c[6]}
			events = append(events, porcupine.Event{ClientId: client, Kind: porcupine.CallEvent, Value: asked, Id: id})
			continue
		}
		events = append(events, porcupine.Event{ClientId: open[id], Kind: porcupine.ReturnEvent, Value: c[2], Id: id})
		delete(open, id)
	}
	for id := 0; id < len(lines); id++ {
		if client, waits := open[id]; waits {
			events = append(events, porcupine.Event{ClientId: client, Kind: porcupine.ReturnEvent, Value: "?", Id: id})
		}
	}
	return models[lines[0]], events
}

var models = map[string]porcupine.Model{
	"cas-register": {
		Init: func() interface{} { return "nil" },
		Step: func(state, asked, answer interface{}) (bool, interface{}) {
			c := asked.(call)
			switch c.op {
			case "read":
				return answer == "?" || answer == state, state
			case "write":
				return true, c.first
			}
			if state == c.first {
				return answer != "mismatch", c.second
			}
			return answer != "ok", state
		},
	},
	"counter": {
		Init: func() interface{} { return int64(0) },
		Step: func(state, asked, answer interface{}) (bool, interface{}) {
			c := asked.(call)
			if c.op == "get" {
				return answer == "?" || answer == strconv.FormatInt(state.(int64), 10), state
			}
			more, _ := strconv.ParseInt(c.first, 10, 64)
			return true, state.(int64) + more
		},
	},
	"kv": {
		PartitionEvent: byKey,
		Init:           func() interface{} { return "" },
		Step: func(state, asked, answer interface{}) (bool, interface{}) {
			c := asked.(call)
			switch c.op {
			case "get":
				return answer == "?" || answer == state, state
			case "put":
				return true, c.first
			}
			return true, state.(string) + c.first
		},
	},
}

func byKey(events []porcupine.Event) [][]porcupine.Event {
	parts := map[string][]porcupine.Event{}
	key := map[int]string{}
	for _, event := range events {
		if event.Kind == porcupine.CallEvent {
			key[event.Id] = event.Value.(call).key
		}
		parts[key[event.Id]] = append(parts[key[event.Id]], event)
	}
	var all [][]porcupine.Event
	for _, part := range parts {
		all = append(all, part)
	}
	return all
}
