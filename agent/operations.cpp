#include "agent/operations.hpp"

#include <algorithm>
#include <ctime>
#include <set>

#include "core/base/text.hpp"
#include "core/formats/openssl_container.hpp"

namespace plugtone {

namespace {

// Longest label, bytes.
constexpr std::size_t label_size_max = 200;

long long now() {
    return std::time(nullptr);
}

Done check_assignments(const std::vector<Assignment>& assignments) {
    std::set<ParameterName> seen;
    for (const Assignment& assignment : assignments) {
        if (auto good = check_settable(assignment.name); !good)
            return good;
        if (auto good = check_parameter_value(assignment.name, assignment.value); !good)
            return good;
        if (!seen.insert(assignment.name).second)
            return fail(assignment.name.text() + " is given twice");
    }
    return {};
}

std::string joined_names(const std::vector<ParameterName>& names) {
    std::string text;
    for (const ParameterName& name : names)
        text += " " + name.text();
    return text;
}

std::string joined_names(const std::vector<Assignment>& assignments) {
    std::vector<ParameterName> names;
    names.reserve(assignments.size());
    for (const Assignment& assignment : assignments)
        names.push_back(assignment.name);
    return joined_names(names);
}

Done check_label(const std::string& label) {
    if (label.size() > label_size_max)
        return fail("label: want at most " + std::to_string(label_size_max) + " bytes, got " +
                    std::to_string(label.size()));
    if (printable(label) != label)
        return fail("label: want text without control characters, got '" + printable(label) + "'");
    return {};
}

} // namespace

Operations::Operations(Inventory& inventory, Publisher& publisher, DeviceStates& states,
                       std::vector<std::string> class_folders, Published published)
    : inventory_(inventory), publisher_(publisher), states_(states),
      class_folders_(std::move(class_folders)), published_(std::move(published)),
      classes_(load_classes(class_folders_)), problems_(classes_.problems) {}

Done Operations::start() {
    if (auto prepared = publisher_.prepare(); !prepared)
        return prepared;
    const Generation newest = inventory_.newest();
    const std::vector<Generation> kept = publisher_.kept();
    // A crash between switching and committing leaves the link one generation ahead of the
    // inventory.
    if (newest > 0 && publisher_.live() != newest &&
        std::find(kept.begin(), kept.end(), newest) != kept.end())
        if (auto switched = publisher_.switch_to(newest); !switched)
            return switched;
    const auto published = publish("start");
    return published ? Done{} : tl::unexpected(published.error());
}

const DeviceClass* Operations::class_of(const Device& device) {
    if (!device.class_name.empty())
        return classes_.table.find(device.class_name);
    return classes_.table.match({device.mac, states_.of(device.mac).vendor_class, {}, {}});
}

Result<std::vector<Document>> Operations::compose_all() {
    const SiteParameters site = inventory_.site();
    std::map<Mac, ParameterSet> parameters = inventory_.all_parameters();
    auto documents = generic_documents(site, classes_.table);
    if (!documents)
        return documents;
    for (const Device& device : inventory_.devices()) {
        const DeviceClass* device_class = class_of(device);
        // Its class was taken out of the class files: it has no files until there is one again.
        if (device_class == nullptr)
            continue;
        auto own = device_documents(device, *device_class,
                                    compose(site, *device_class, parameters[device.mac]));
        if (!own)
            return own;
        documents->insert(documents->end(), std::make_move_iterator(own->begin()),
                          std::make_move_iterator(own->end()));
    }
    return documents;
}

Result<Operations::Outcome> Operations::make_generation(const GenerationRecord& record,
                                                        bool by_operator, const Apply& apply,
                                                        const std::vector<Generation>& also,
                                                        bool only_if_different) {
    soci::transaction transaction(inventory_.database()); // rolls back unless committed
    if (auto applied = apply(record.number); !applied)
        return tl::unexpected(applied.error());
    const auto documents = compose_all();
    if (!documents)
        return tl::unexpected(documents.error());
    const std::optional<Generation> before = publisher_.live();
    const auto built = publisher_.build(record.number, *documents, also);
    if (!built)
        return tl::unexpected(built.error());
    if (only_if_different && built->same_as_live) {
        publisher_.discard(record.number);
        return Outcome{before.value_or(0), false};
    }
    inventory_.record(record, by_operator);
    if (auto switched = publisher_.switch_to(record.number); !switched) {
        publisher_.discard(record.number);
        return tl::unexpected(switched.error());
    }
    try {
        transaction.commit();
    } catch (const soci::soci_error&) {
        if (before && publisher_.switch_to(*before))
            publisher_.discard(record.number);
        throw;
    }
    publisher_.remove_old();
    published_(record.number, record.what);
    return Outcome{record.number, true};
}

Done Operations::change(const std::string& what, const Apply& apply) {
    const auto made =
        make_generation({inventory_.newest() + 1, now(), what}, true, apply, {}, false);
    return made ? Done{} : tl::unexpected(made.error());
}

Result<Operations::Outcome> Operations::publish(const std::string& what) {
    const auto nothing = [](Generation) { return Done{}; };
    return make_generation({inventory_.newest() + 1, now(), what}, false, nothing, {}, true);
}

Result<std::string> Operations::undo() {
    const auto last = inventory_.last_change();
    if (!last)
        return fail(ErrorKind::not_found, "there is no change to take back");
    const auto take_back = [&](Generation) {
        inventory_.take_back(last->number);
        return Done{};
    };
    // The files of the generation before it are what the phones have: they come back as they were.
    std::vector<Generation> also;
    for (const Generation kept : publisher_.kept())
        if (kept < last->number)
            also.insert(also.begin(), kept);
    const auto made = make_generation({inventory_.newest() + 1, now(), "undo of " + last->what},
                                      false, take_back, also, false);
    if (!made)
        return tl::unexpected(made.error());
    return last->what;
}

Done Operations::reload_classes() {
    LoadedClasses fresh = load_classes(class_folders_);
    problems_ = fresh.problems;
    if (!problems_.empty())
        return fail("device classes stay as they were: " + problems_.front());
    std::swap(classes_, fresh);
    const auto published = publish("device classes");
    if (!published) {
        std::swap(classes_, fresh);
        return tl::unexpected(published.error());
    }
    return {};
}

Result<Device> Operations::known(const Mac& mac) {
    auto device = inventory_.device(mac);
    if (!device)
        return fail(ErrorKind::not_found,
                    "no device " + mac.text() + "; 'plugtonectl device list' shows all");
    return *std::move(device);
}

Done Operations::add_device(const NewDevice& wanted) {
    if (!wanted.mac.is_device())
        return fail(wanted.mac.text() + ": no address of a single device");
    if (inventory_.device(wanted.mac))
        return fail(ErrorKind::conflict,
                    "device " + wanted.mac.text() +
                        " exists already; 'plugtonectl device set' changes it");
    if (!wanted.class_name.empty() && classes_.table.find(wanted.class_name) == nullptr)
        return fail(ErrorKind::not_found, "no class '" + printable(wanted.class_name) +
                                              "'; 'plugtonectl class list' shows all");
    if (auto good = check_label(wanted.label); !good)
        return good;
    if (auto good = check_assignments(wanted.parameters); !good)
        return good;
    const auto password = generate_xml_password();
    if (!password)
        return tl::unexpected(password.error());
    const Device device{wanted.mac, wanted.class_name, wanted.label, *password};
    if (class_of(device) == nullptr)
        return fail("device " + wanted.mac.text() +
                    ": no class recognises it; name one with --class ('plugtonectl class list' "
                    "shows all)");
    return change("device add " + wanted.mac.text(), [&](Generation generation) {
        inventory_.add_device(generation, device);
        for (const Assignment& assignment : wanted.parameters)
            inventory_.set_parameter(generation, wanted.mac, assignment);
        return Done{};
    });
}

Done Operations::remove_device(const Mac& mac) {
    if (const auto device = known(mac); !device)
        return tl::unexpected(device.error());
    return change("device remove " + mac.text(), [&](Generation generation) {
        inventory_.remove_device(generation, mac);
        return Done{};
    });
}

Done Operations::set_parameters(const Mac& mac, const std::vector<Assignment>& assignments) {
    if (const auto device = known(mac); !device)
        return tl::unexpected(device.error());
    if (auto good = check_assignments(assignments); !good)
        return good;
    return change("device set " + mac.text() + joined_names(assignments),
                  [&](Generation generation) {
                      for (const Assignment& assignment : assignments)
                          inventory_.set_parameter(generation, mac, assignment);
                      return Done{};
                  });
}

Done Operations::unset_parameters(const Mac& mac, const std::vector<ParameterName>& names) {
    if (const auto device = known(mac); !device)
        return tl::unexpected(device.error());
    return change(
        "device unset " + mac.text() + joined_names(names), [&](Generation generation) -> Done {
            for (const ParameterName& name : names)
                if (!inventory_.unset_parameter(generation, mac, name))
                    return fail(ErrorKind::not_found,
                                "device " + mac.text() + " has no " + name.text() + " of its own");
            return {};
        });
}

Done Operations::set_site(const std::vector<Assignment>& assignments, bool is_public) {
    if (auto good = check_assignments(assignments); !good)
        return good;
    return change("site set" + joined_names(assignments), [&](Generation generation) {
        for (const Assignment& assignment : assignments)
            inventory_.set_site(generation, assignment, is_public);
        return Done{};
    });
}

Done Operations::unset_site(const std::vector<ParameterName>& names) {
    return change("site unset" + joined_names(names), [&](Generation generation) -> Done {
        for (const ParameterName& name : names)
            if (!inventory_.unset_site(generation, name))
                return fail(ErrorKind::not_found, "the site has no " + name.text());
        return {};
    });
}

} // namespace plugtone
