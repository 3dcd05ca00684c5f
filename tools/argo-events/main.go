// Command argo-events prints the object that a Sensor creates for an event: its transformation and parameters, as the Sensor's own
// code applies them. Arguments: the Sensor and the data of the event, as files. With one argument it reads an EventSource, strictly.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/argoproj/argo-events/pkg/apis/events/v1alpha1"
	"github.com/argoproj/argo-events/pkg/sensors/dependencies"
	"github.com/argoproj/argo-events/pkg/sensors/triggers"
)

func main() {
	if len(os.Args) == 2 {
		var source v1alpha1.EventSource
		exitOn(yaml.UnmarshalStrict(read(os.Args[1]), &source))
		return
	}
	var sensor v1alpha1.Sensor
	exitOn(yaml.UnmarshalStrict(read(os.Args[1]), &sensor))
	event := cloudevents.NewEvent()
	exitOn(event.SetData(cloudevents.ApplicationJSON, json.RawMessage(read(os.Args[2]))))
	event.SetID("1")
	event.SetSource("test")
	event.SetType("github")
	dependency := sensor.Spec.Dependencies[0]
	transformed, err := dependencies.ApplyTransform(&event, dependency.Transform)
	exitOn(err)
	trigger := sensor.Spec.Triggers[0]
	var object unstructured.Unstructured
	exitOn(json.Unmarshal(trigger.Template.K8s.Source.Resource.Value, &object.Object))
	data := &v1alpha1.Event{
		Context: &v1alpha1.EventContext{DataContentType: v1alpha1.MediaTypeJSON},
		Data:    transformed.Data(),
	}
	passes, err := dependencies.Filter(data, dependency.Filters, dependency.FiltersLogicalOperator)
	exitOn(err)
	if !passes {
		return
	}
	events := map[string]*v1alpha1.Event{dependency.Name: data}
	exitOn(triggers.ApplyResourceParameters(events, trigger.Template.K8s.Parameters, &object))
	text, err := object.MarshalJSON()
	exitOn(err)
	fmt.Print(string(text))
}

func read(file string) []byte {
	text, err := os.ReadFile(file)
	exitOn(err)
	return text
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
