// Runs templates as Ollama's template package does: with what it gives them, and its option for what is missing.
//
//	go run render.go < jobs.json    a job is {"template", "messages": [{"role", "content"}]}; writes a JSON list of strings
package main

import (
	"encoding/json"
	"os"
	"strings"
	"text/template"
)

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type job struct {
	Template string    `json:"template"`
	Messages []message `json:"messages"`
}

func render(one job) string {
	var system []string
	for _, said := range one.Messages {
		if said.Role == "system" {
			system = append(system, said.Content)
		}
	}
	parsed := template.Must(template.New("").Option("missingkey=zero").Parse(one.Template))
	var written strings.Builder
	values := map[string]any{"System": strings.Join(system, "\n\n"), "Messages": one.Messages, "Response": ""}
	if err := parsed.Execute(&written, values); err != nil {
		panic(err)
	}
	return written.String()
}

func main() {
	var jobs []job
	if err := json.NewDecoder(os.Stdin).Decode(&jobs); err != nil {
		panic(err)
	}
	texts := make([]string, 0, len(jobs))
	for _, one := range jobs {
		texts = append(texts, render(one))
	}
	if err := json.NewEncoder(os.Stdout).Encode(texts); err != nil {
		panic(err)
	}
}
