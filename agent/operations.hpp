// What an operator can do. Each change is one unit: checked, written to the inventory inside a
// transaction, built as the next generation, switched live, committed. If a step fails, nothing has
// changed and the live generation stays (docs/decisions.md, 2). One thread; throws
// soci::soci_error when the database fails.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/device_states.hpp"
#include "agent/inventory.hpp"
#include "agent/publisher.hpp"
#include "core/classes/class_table.hpp"

namespace plugtone {

struct NewDevice {
    Mac mac;
    std::string class_name; // empty: recognised
    std::string label;
    std::vector<Assignment> parameters;
};

class Operations {
public:
    using Published = std::function<void(Generation, const std::string& what)>;

    // The inventory, the publisher and the states must outlive it. published: called after each
    // switch.
    Operations(Inventory& inventory, Publisher& publisher, DeviceStates& states,
               std::vector<std::string> class_folders, Published published);

    // Reads the classes and brings the tree to what the inventory says, whatever happened before.
    Done start();

    Done add_device(const NewDevice& wanted);
    Done remove_device(const Mac& mac);
    Done set_parameters(const Mac& mac, const std::vector<Assignment>& assignments);
    Done unset_parameters(const Mac& mac, const std::vector<ParameterName>& names);
    Done set_site(const std::vector<Assignment>& assignments, bool is_public);
    Done unset_site(const std::vector<ParameterName>& names);

    struct Outcome {
        Generation generation = 0; // the live one
        bool changed = false;
    };
    // Composes everything anew; no new generation if that is what is live already.
    Result<Outcome> publish(const std::string& what);
    // Takes back the newest change that has not been taken back; says which that was.
    Result<std::string> undo();
    // Takes the class files if all of them are good; else nothing changes but problems().
    Done reload_classes();

    const ClassTable& classes() const { return classes_.table; }
    const std::vector<std::string>& problems() const { return problems_; }
    // The class that a device has now: the operator's choice, else what it is recognised as.
    const DeviceClass* class_of(const Device& device);
    Generation live() const { return publisher_.live().value_or(0); }
    Inventory& inventory() { return inventory_; }

private:
    using Apply = std::function<Done(Generation)>;

    Done change(const std::string& what, const Apply& apply);
    Result<Outcome> make_generation(const GenerationRecord& record, bool by_operator,
                                    const Apply& apply, const std::vector<Generation>& also,
                                    bool only_if_different);
    Result<std::vector<Document>> compose_all();
    Result<Device> known(const Mac& mac);

    Inventory& inventory_;
    Publisher& publisher_;
    DeviceStates& states_;
    std::vector<std::string> class_folders_;
    Published published_;
    LoadedClasses classes_;
    std::vector<std::string> problems_;
};

} // namespace plugtone
