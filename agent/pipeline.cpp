#include "agent/pipeline.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include "agent/live_files.hpp"
#include "agent/pipeline_settings.hpp"
#include "agent/program_build.hpp"
#include "core/base/log.hpp"
#include "core/base/scoped_flag.hpp"
#include "core/contracts/tree.hpp"

namespace plugtone {

namespace {

// Between two looks at what else there is to do.
constexpr std::chrono::milliseconds breath{5};
// What asks the database for each of them does not take long.
constexpr std::size_t few_devices = 64;

long long now() {
    return std::time(nullptr);
}

Done nothing(Generation) {
    return {};
}

} // namespace

Pipeline::Pipeline(Inventory& inventory, Publisher& publisher, DeviceStates& states,
                   DefinitionFolders folders, Published published)
    : inventory_(inventory), publisher_(publisher), states_(states), folders_(std::move(folders)),
      published_(std::move(published)), definitions_(Definitions::load(folders_)),
      file_problems_(definitions_.problems()) {}

Done Pipeline::start() {
    if (auto prepared = publisher_.prepare(); !prepared)
        return prepared;
    const Generation newest = inventory_.newest();
    const std::vector<Generation> kept = publisher_.kept();
    // A crash between switch and commit leaves the link one generation ahead of the inventory.
    if (newest > 0 && publisher_.live() != newest &&
        std::find(kept.begin(), kept.end(), newest) != kept.end())
        if (auto switched = publisher_.switch_to(newest); !switched)
            return switched;
    composed_ = is_composed();
    if (composed_) {
        tell_states(states_, inventory_, publisher_.live_contents(), Scope::all(), now());
        return {};
    }
    publisher_.inspect_live();
    const auto published = [&] {
        const ScopedFlag tolerance(tolerant_);
        return publish("start", Scope::all());
    }();
    tell_states(states_, inventory_, publisher_.live_contents(), Scope::all(), now());
    if (published)
        return {};
    // What is live goes on being served; the operator can talk to us, and mend it.
    if (!publisher_.live())
        return tl::unexpected(published.error());
    log(Level::error, "publish-failed", {{"change", "start"}, {"why", published.error().message}});
    return {};
}

// Whatever a generation is made by, besides the inventory's rows.
std::string Pipeline::circumstances() const {
    const std::string build = program_build();
    if (build.empty())
        return {}; // nobody knows what another build would make of it
    return publisher_.fingerprint("composed by " + build + " from " + definitions_.digest +
                                  ", firmware at " + firmware_server_);
}

bool Pipeline::is_composed() {
    const std::string live = publisher_.live() ? publisher_.digest_of(*publisher_.live()) : "";
    const std::string by = circumstances();
    return !live.empty() && !by.empty() && inventory_.composed().holds(live, by);
}

// Inside a transaction. A value out of its type is a problem that only composing finds.
void Pipeline::note_composed(Generation number, const Scope& scope, const Misfits& misfits) {
    ComposedRows& rows = inventory_.composed();
    rows.looked_at(scope);
    for (const auto& [where, text] : misfits)
        rows.look_again(where.first);
    if (composed_ || scope.everything)
        rows.record(publisher_.digest_of(number), circumstances());
}

// It only spares the next start some work.
void Pipeline::note_unchanged(Generation number, const Scope& scope, const Misfits& misfits) {
    try {
        soci::transaction transaction(inventory_.database());
        note_composed(number, scope, misfits);
        transaction.commit();
        composed_ = composed_ || scope.everything;
    } catch (const soci::soci_error& error) {
        log(Level::warning, "composed-not-noted", {{"why", error.what()}});
    }
}

bool Pipeline::look_on(std::chrono::milliseconds limit) {
    if (publisher_.inspect_some(limit))
        return true;
    const auto broken = publisher_.take_broken();
    if (!broken) {
        if (std::exchange(is_untidy_, false))
            publisher_.tidy();
        return false;
    }
    log(Level::warning, "live-files-bad",
        {{"generation", std::to_string(live())},
         {"devices", std::to_string(broken->devices.size())}});
    const ScopedFlag tolerance(tolerant_);
    const auto mended = publish("files that were missing or damaged", *broken);
    if (!mended)
        log(Level::error, "publish-failed",
            {{"change", "files that were missing or damaged"}, {"why", mended.error().message}});
    return false;
}

std::string Pipeline::overrides_digest() const {
    const Contents& live = publisher_.live_contents();
    const auto found = live.find(std::string(tree::overrides_file));
    return found == live.end() ? "" : found->second.entry.sha256;
}

// Nothing for a device that has no files now.
Result<std::optional<DeviceFacts>> Pipeline::facts_of(Device device, const ParameterSet& own,
                                                      Inherited& inherited) {
    const DeviceClass* device_class = class_of(device);
    // Its class was taken out of the class files: it has no files until there is one again. But a
    // file that cannot be read may have held it: then its files stay as they are.
    if (device_class == nullptr && !file_problems_.empty())
        return fail("device " + device.mac.text() +
                    " has no class, perhaps because of a class file that is bad: mend it, then "
                    "'plugtonectl publish': " +
                    file_problems_.front());
    if (device_class == nullptr)
        return std::optional<DeviceFacts>();
    const auto pin = pin_of(inherited.pins(), device.mac, *device_class);
    if (!pin)
        return tl::unexpected(pin.error());
    return std::optional(inherited.facts_of(std::move(device), *device_class, own, *pin));
}

std::optional<OwnFile> Pipeline::own_file(const Mac& mac, std::string_view served_name) {
    auto device = inventory_.device(mac);
    if (!device)
        return std::nullopt;
    Inherited inherited(inventory_, Scope::of(mac), false);
    const auto facts = facts_of(*std::move(device), inventory_.parameters(mac), inherited);
    if (!facts || !*facts)
        return std::nullopt;
    const auto plans = own_files_of(**facts);
    return plans ? own_file_named(*plans, served_name) : std::nullopt;
}

// A value that was in its type when it was set can be out of it once the dictionary or the class
// has changed. That is a problem, and stays one until it is mended; what comes new is refused.
Done Pipeline::check_types(const DeviceFacts& facts, Misfits& misfits) const {
    for (const Finding& finding :
         type_errors(*facts.device_class, facts.device.mac, facts.composed, dictionary())) {
        const std::pair where{facts.device.mac, finding.parameter.value()};
        if (!tolerant_ && !misfits_.contains(where))
            return fail("device " + facts.device.mac.text() + ", class " +
                        facts.device_class->name + ": " + finding.text);
        misfits.emplace(where, finding.text);
    }
    return {};
}

Done Pipeline::compose_into(Publisher::Build& build, const Scope& scope, Misfits& misfits,
                            const Progress& progress) {
    Inherited inherited(inventory_, scope, true);
    const auto generic = generic_documents(inherited.shared(), classes(), dictionary());
    if (!generic)
        return tl::unexpected(generic.error());
    for (const Document& document : *generic)
        if (auto added = build.add(document); !added)
            return added;
    if (!inherited.overrides().empty()) {
        const auto document = overrides_document(inherited.overrides());
        if (!document)
            return tl::unexpected(document.error());
        if (auto added = build.add(*document); !added)
            return added;
    }
    return each_device(
        scope, inherited, [&](const DeviceFacts& facts, std::size_t at, std::size_t total) -> Done {
            if (auto good = check_types(facts, misfits); !good)
                return good;
            const auto documents = device_documents(facts, dictionary());
            if (!documents)
                return tl::unexpected(documents.error());
            for (const Document& document : *documents)
                if (auto added = build.add(document); !added)
                    return added;
            const std::string folder = shelf_of(facts.composed).value().folder();
            if (folder != Shelf{}.folder() &&
                (facts.told_shelves.empty() || facts.told_shelves.front() != folder))
                inventory_.tell_shelf(facts.device.mac, folder);
            return progress && (at % devices_per_step == 0 || at == total) ? progress(at, total)
                                                                           : Done();
        });
}

// Many devices are all devices, which are read from the database in one go. Not while a file is
// bad: a device that has lost its class by that would stop a change that is not about it.
Scope Pipeline::widened(const Scope& scope) {
    const std::size_t count = scope.devices.size();
    const bool is_most = count > few_devices && count > inventory_.macs().size() / 2;
    return is_most && file_problems_.empty() ? Scope::all() : scope;
}

Result<Pipeline::Outcome> Pipeline::make_generation(const Unit& unit, const Scope& wanted,
                                                    const Apply& apply, const Progress& progress) {
    const GenerationRecord& record = unit.record;
    soci::transaction transaction(inventory_.database()); // rolls back unless committed
    if (auto applied = apply(record.number); !applied)
        return tl::unexpected(applied.error());
    const Scope scope = widened(wanted);
    const std::optional<Generation> before = publisher_.live();
    auto build = publisher_.begin(record.number, scope, unit.also);
    if (!build)
        return tl::unexpected(build.error());
    Misfits misfits;
    if (auto composed = compose_into(*build, scope, misfits, progress); !composed)
        return tl::unexpected(composed.error());
    if (unit.gate)
        if (auto good = unit.gate(); !good)
            return tl::unexpected(good.error());
    const auto built = publisher_.finish(*std::move(build), unit.only_if_different);
    if (!built)
        return tl::unexpected(built.error());
    const auto keep_misfits = [&] {
        std::erase_if(misfits_, [&](const auto& entry) { return scope.holds(entry.first.first); });
        misfits_.merge(misfits);
    };
    if (unit.only_if_different && built->same_as_live) {
        transaction.rollback();
        note_unchanged(before.value_or(0), scope, misfits);
        keep_misfits();
        is_untidy_ = false;
        publisher_.tidy(); // the ground was built upon
        return Outcome{before.value_or(0), false};
    }
    inventory_.record(record, unit.by_operator);
    note_composed(record.number, scope, misfits);
    if (auto told = tell_others(unit); !told) {
        withdraw(record.number, before);
        return tl::unexpected(told.error());
    }
    if (auto switched = publisher_.switch_to(record.number); !switched) {
        withdraw(record.number, before);
        return tl::unexpected(switched.error());
    }
    try {
        transaction.commit();
    } catch (const soci::soci_error&) {
        withdraw(record.number, before);
        throw;
    }
    composed_ = composed_ || scope.everything;
    keep_misfits();
    is_untidy_ = false;
    publisher_.tidy();
    tell(record, scope);
    return Outcome{record.number, true};
}

Done Pipeline::tell_others(const Unit& unit) {
    if (shared_ == nullptr)
        return {};
    soci::session& database = inventory_.database();
    std::set<RowKey> keys = touched_rows(database, unit.record.number);
    keys.insert(unit.keys.begin(), unit.keys.end());
    return keys.empty() ? Done{} : shared_->bring(unit.record, current_rows(database, keys));
}

// The switch may have failed after the link was renamed, when the disk did not take it.
void Pipeline::withdraw(Generation number, const std::optional<Generation>& before) {
    if (before && publisher_.live() == number)
        if (const auto switched = publisher_.switch_to(*before); !switched)
            log(Level::error, "switch-back-failed",
                {{"generation", std::to_string(*before)}, {"why", switched.error().message}});
    publisher_.discard(number);
}

// What is live and committed stays so, whoever cannot be told of it.
void Pipeline::tell(const GenerationRecord& record, const Scope& scope) {
    try {
        tell_states(states_, inventory_, publisher_.live_contents(), scope, now());
        published_(record.number, record.what, scope);
    } catch (const std::exception& error) {
        log(Level::error, "published-untold",
            {{"generation", std::to_string(record.number)}, {"why", error.what()}});
    }
}

// Beyond the live one, too: a crash before the very first commit, or a database from a backup,
// leaves a link that is ahead of the inventory.
Generation Pipeline::next_number() {
    while (look_on(breath)) // what is live is about to be linked; it may mend itself
        take_breath();
    return std::max(inventory_.newest(), publisher_.live().value_or(0)) + 1;
}

void Pipeline::take_breath() const {
    if (meanwhile_)
        meanwhile_();
}

Done Pipeline::change(const std::string& what, const Scope& scope, const Apply& apply,
                      const Progress& progress) {
    if (shared_ != nullptr)
        if (auto may = shared_->may_change(); !may)
            return may;
    const auto made =
        make_generation({{next_number(), now(), what}, true, false}, scope, apply, progress);
    return made ? Done{} : tl::unexpected(made.error());
}

Result<Generation> Pipeline::carry_on(const std::string& what, const Scope& scope,
                                      const Apply& apply, const std::set<RowKey>& changed) {
    if (shared_ != nullptr && !changed.empty())
        if (auto may = shared_->may_change(); !may)
            return tl::unexpected(may.error());
    const auto made = make_generation({{next_number(), now(), what}, false, false, {}, changed},
                                      scope, apply, {});
    return made ? Result<Generation>(made->generation) : tl::unexpected(made.error());
}

Done Pipeline::adopt(const std::string& what, bool by_operator, const RowChanges& changes,
                     const std::function<void()>& then) {
    const auto apply = [&](Generation generation) {
        apply_rows(inventory_.database(), own_site, generation, changes);
        then();
        return Done{};
    };
    const ScopedFlag tolerance(tolerant_);
    const auto made = make_generation({{next_number(), now(), what}, by_operator, false},
                                      scope_of(changes, inventory_.macs()), apply, {});
    return made ? Done{} : tl::unexpected(made.error());
}

Result<Pipeline::Outcome> Pipeline::publish(const std::string& what, const Scope& scope) {
    return make_generation({{next_number(), now(), what}, false, true}, scope, nothing, {});
}

Result<std::string> Pipeline::undo() {
    if (shared_ != nullptr)
        if (auto may = shared_->may_change(); !may)
            return tl::unexpected(may.error());
    const auto last = inventory_.last_change();
    if (!last)
        return fail(ErrorKind::not_found, "there is no change to take back");
    const Scope scope = inventory_.touched_by(last->number);
    const auto take_back = [&](Generation) {
        inventory_.take_back(last->number);
        return Done{};
    };
    // The files of the generation before it are what the phones have: they come back as they were.
    std::vector<Generation> also;
    for (const Generation kept : publisher_.kept())
        if (kept < last->number)
            also.insert(also.begin(), kept);
    const auto made = make_generation({{next_number(), now(), "undo of " + last->what},
                                       false,
                                       false,
                                       also,
                                       touched_rows(inventory_.database(), last->number)},
                                      scope, take_back, {});
    if (!made)
        return tl::unexpected(made.error());
    return last->what;
}

} // namespace plugtone
