// Compose, render, seal, publish (design, section 1): brings the served tree to what the inventory
// and the definition files say, one whole generation at a time. Each change is one unit: checked,
// written to the inventory inside a transaction, built as the next generation, switched live,
// committed. If a step fails, nothing has changed and the live generation stays (docs/decisions.md,
// 2). One thread; throws soci::soci_error when the database fails.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/composer.hpp"
#include "agent/device_states.hpp"
#include "agent/inventory.hpp"
#include "agent/inventory_rows.hpp"
#include "agent/lint.hpp"
#include "agent/preview.hpp"
#include "agent/publisher.hpp"
#include "core/classes/class_table.hpp"
#include "core/classes/dictionary.hpp"

namespace plugtone {

class Inherited;

struct DefinitionFolders {
    std::vector<std::string> classes;
    std::vector<std::string> parameters;
};

// Others that have to know of a change before it is one (fleet_member.hpp).
class SharedChanges {
public:
    virtual ~SharedChanges() = default;
    virtual Done may_change() = 0;
    // Inside the transaction of the change; if it fails, nothing has changed.
    virtual Done bring(const GenerationRecord& record, const RowChanges& changes) = 0;
    virtual std::string state() const = 0;   // one line, for a person
    virtual std::string problem() const = 0; // empty: none
};

class Pipeline {
public:
    using Published = std::function<void(Generation, const std::string& what, const Scope&)>;
    // done of total devices have been composed; an error ends the change, as if it had not begun.
    using Progress = std::function<Done(std::size_t done, std::size_t total)>;
    using Apply = std::function<Done(Generation)>;

    // The inventory, the publisher and the states must outlive it. published: called after each
    // switch; what it throws is logged, since the change holds.
    Pipeline(Inventory& inventory, Publisher& publisher, DeviceStates& states,
             DefinitionFolders folders, Published published);

    // Brings the tree to what the inventory says, whatever happened before. The files that it finds
    // there are looked at afterwards, by look_on().
    Done start();
    // Looks at some more of those files, for about that long; what is missing or damaged is made
    // anew. True: there is more to look at.
    bool look_on(std::chrono::milliseconds limit);
    // An operator's change, that undo can take back.
    Done change(const std::string& what, const Scope& scope, const Apply& apply,
                const Progress& progress = {});

    // Called now and then while many devices are gone through, so that others need not wait; it
    // must leave the inventory and this alone.
    void set_meanwhile(std::function<void()> meanwhile) { meanwhile_ = std::move(meanwhile); }

    // From now on; nullptr: with nobody.
    void share_with(SharedChanges* shared) { shared_ = shared; }
    const SharedChanges* shared() const { return shared_; }
    // What others changed. Values that are out of their type here are problems, and taken. then:
    // inside the transaction.
    Done adopt(const std::string& what, bool by_operator, const RowChanges& changes,
               const std::function<void()>& then);

    struct Outcome {
        Generation generation = 0; // the live one
        bool changed = false;
    };
    // A step of something that goes on by itself, such as a rollout; what a device has proven, or
    // must not be made to forget: a generation that undo leaves alone. Its number. changed: rows
    // that it changes, besides those that it makes or closes.
    Result<Generation> carry_on(const std::string& what, const Scope& scope, const Apply& apply,
                                const std::set<RowKey>& changed = {});
    // Composes the scope anew; no new generation if that is what is live already.
    Result<Outcome> publish(const std::string& what, const Scope& scope);
    // Takes back the newest change that has not been taken back; says which that was.
    Result<std::string> undo();
    // Takes the class and parameter files if all of them are good, and lint finds no error in what
    // they make that is not there already (or force); else they change nothing but problems().
    // Looks at every file of the live generation first: what is missing or damaged is made anew.
    Result<Outcome> reload(bool force = false, const Progress& progress = {});

    struct Preview {
        std::string what; // would be done
        std::vector<Difference> differences;
        std::vector<Finding> errors; // that are new; for these it would be refused
    };
    // What reload() would do; fails where it would.
    Result<Preview> preview_publish();
    Result<Preview> preview_undo();

    const ClassTable& classes() const { return definitions_.classes.table; }
    const Dictionary& dictionary() const { return definitions_.dictionary.dictionary; }
    // Of the files; values in the inventory that are out of their type since then; what has been on
    // its way for too long.
    std::vector<std::string> problems();
    const std::vector<std::string>& file_problems() const { return file_problems_; }
    // The class that a device has now: the operator's choice, else what it is recognised as.
    const DeviceClass* class_of(const Device& device);
    Composition composition_of(const Device& device);
    // What that device fetches by that name, as an event has it; nothing: no file of its own.
    std::optional<OwnFile> own_file(const Mac& mac, std::string_view served_name);
    std::vector<Finding> lint();
    Generation live() const { return publisher_.live().value_or(0); }
    Inventory& inventory() { return inventory_; }
    // What devices that are pinned to a firmware are told as P192; empty: nothing. Before start().
    void set_firmware_server(std::string server) { firmware_server_ = std::move(server); }
    // Changes when what the hook is told changes; empty: it is told nothing.
    std::string overrides_digest() const;

private:
    struct Definitions {
        std::string digest; // of all that is in the files
        LoadedClasses classes;
        LoadedDictionary dictionary;

        static Definitions load(const DefinitionFolders& folders);
        std::vector<std::string> problems() const;
    };
    struct Unit {
        GenerationRecord record;
        bool by_operator = false;
        bool only_if_different = false;
        std::vector<Generation> also = {};
        std::set<RowKey> keys =
            {}; // of rows that it changes, besides those that it makes or closes
        std::function<Done()> gate = {}; // asked when all could be composed
    };
    using Misfits = std::map<std::pair<Mac, ParameterName>, std::string>;

    Result<Outcome> make_generation(const Unit& unit, const Scope& wanted, const Apply& apply,
                                    const Progress& progress);
    Done compose_into(Publisher::Build& build, const Scope& scope, Misfits& misfits,
                      const Progress& progress);
    Result<std::optional<DeviceFacts>> facts_of(Device device, const ParameterSet& own,
                                                Inherited& inherited);
    template <class Take>
    Done each_device(const Scope& scope, Inherited& inherited, Take take);
    Result<ParameterSet> pin_of(const Pins& pins, const Mac& mac,
                                const DeviceClass& device_class) const;
    Done check_types(const DeviceFacts& facts, Misfits& misfits) const;
    Done check_class_values() const;
    Result<Definitions> load_whole();
    std::vector<Finding> lint_errors();
    class Trial;
    // is_new: what is refused when it is new is refused here, too.
    Result<Picture> picture(const Scope& scope, bool is_new);
    Done tell_others(const Unit& unit);
    std::vector<Finding> overdue();
    std::string circumstances() const;
    bool is_composed();
    void note_composed(Generation number, const Scope& scope, const Misfits& misfits);
    void note_unchanged(Generation number, const Scope& scope, const Misfits& misfits);
    void withdraw(Generation number, const std::optional<Generation>& before);
    void tell(const GenerationRecord& record, const Scope& scope);
    Generation next_number();
    Scope widened(const Scope& scope);
    void take_breath() const;

    Inventory& inventory_;
    Publisher& publisher_;
    DeviceStates& states_;
    DefinitionFolders folders_;
    Published published_;
    Definitions definitions_;
    std::vector<std::string> file_problems_;
    bool composed_ = false; // the live generation is what the inventory gives (composed_rows.hpp)
    bool is_untidy_ = true; // since the start
    bool tolerant_ = false; // at the start: what was taken once stays, and is a problem
    SharedChanges* shared_ = nullptr;
    std::function<void()> meanwhile_;
    Misfits misfits_;
    std::string firmware_server_;
};

} // namespace plugtone
