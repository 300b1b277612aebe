#include "agent/operations.hpp"

#include <ctime>
#include <set>

#include "agent/legacy_encoder.hpp"
#include "core/base/text.hpp"
#include "core/classes/url_template.hpp"
#include "core/formats/openssl_container.hpp"

namespace plugtone {

namespace {

// Longest label, bytes.
constexpr std::size_t label_size_max = 200;

// Names of parameters in a change's description, beyond which it is "and 7 more".
constexpr std::size_t names_told_max = 8;

// A change of nothing would be a generation, and an undo, of nothing.
template <class List>
Done check_some(const List& list) {
    return list.empty() ? Done(fail("want at least one parameter, got none")) : Done{};
}

std::string joined(const std::vector<ParameterName>& names) {
    std::string text;
    for (std::size_t at = 0; at < names.size() && at < names_told_max; ++at)
        text += " " + names[at].text();
    if (names.size() > names_told_max)
        text += " and " + std::to_string(names.size() - names_told_max) + " more";
    return text;
}

std::string joined(const std::vector<Assignment>& assignments) {
    std::vector<ParameterName> names;
    names.reserve(assignments.size());
    for (const Assignment& assignment : assignments)
        names.push_back(assignment.name);
    return joined(names);
}

std::string owner_text(const std::string& owner) {
    return owner == of_site ? "site" : "class " + owner;
}

Result<std::vector<ParameterName>> resolve_all(const std::vector<std::string>& names,
                                               const Dictionary& dictionary) {
    std::vector<ParameterName> numbers;
    for (const std::string& name : names) {
        const auto number = dictionary.resolve(name);
        if (!number)
            return tl::unexpected(number.error());
        numbers.push_back(*number);
    }
    if (auto some = check_some(numbers); !some)
        return tl::unexpected(some.error());
    return numbers;
}

std::vector<Inventory::Setting> of_device(const Mac& mac,
                                          const std::vector<Assignment>& assignments) {
    std::vector<Inventory::Setting> settings;
    settings.reserve(assignments.size());
    for (const Assignment& assignment : assignments)
        settings.push_back({mac, assignment});
    return settings;
}

tl::unexpected<Error> no_class(const Mac& mac) {
    return fail("device " + mac.text() +
                ": no class recognises it; name one with --class ('plugtonectl class list' shows "
                "all)");
}

} // namespace

Done check_class(const Pipeline& pipeline, const std::string& name) {
    if (name.empty() || pipeline.classes().find(name) != nullptr)
        return {};
    return fail(ErrorKind::not_found,
                "no class '" + printable(name) + "'; 'plugtonectl class list' shows all");
}

Done check_label(const std::string& label) {
    if (label.size() > label_size_max)
        return fail("label: want at most " + std::to_string(label_size_max) + " bytes, got " +
                    std::to_string(label.size()));
    if (printable(label) != label)
        return fail("label: want text without control characters, got '" + printable(label) + "'");
    return {};
}

Result<Assignment> check_setting(const std::string& name, const std::string& value,
                                 const Dictionary& dictionary, std::string_view family) {
    const auto number = dictionary.resolve(name);
    if (!number)
        return tl::unexpected(number.error());
    if (auto good = check_settable(*number); !good)
        return tl::unexpected(good.error());
    if (auto good = check_parameter_value(*number, value); !good)
        return tl::unexpected(good.error());
    if (auto good = dictionary.check(*number, value, family); !good)
        return tl::unexpected(good.error());
    return Assignment{*number, value};
}

std::string note_on(const ParameterName& number, const Dictionary& dictionary,
                    std::string_view family) {
    const ParameterDefinition* definition = dictionary.find(number);
    if (definition == nullptr)
        return number.text() + " is in no dictionary: it is sent as it stands";
    if (!family.empty() && definition->form_for(family) == nullptr)
        return dictionary.label(number) + " is not known for family " + std::string(family) +
               ": it is sent as it stands";
    return {};
}

Result<CheckedSettings> check_settings(const TypedSettings& settings, const Dictionary& dictionary,
                                       std::string_view family) {
    CheckedSettings checked;
    std::set<ParameterName> seen;
    for (const auto& [name, value] : settings) {
        auto assignment = check_setting(name, value, dictionary, family);
        if (!assignment)
            return tl::unexpected(assignment.error());
        if (!seen.insert(assignment->name).second)
            return fail(dictionary.label(assignment->name) + " is given twice");
        if (std::string note = note_on(assignment->name, dictionary, family); !note.empty())
            checked.notes.push_back(std::move(note));
        checked.assignments.push_back(*std::move(assignment));
    }
    return checked;
}

Result<Device> Operations::known(const Mac& mac) {
    auto device = inventory().device(mac);
    if (!device)
        return fail(ErrorKind::not_found,
                    "no device " + mac.text() + "; 'plugtonectl device list' shows all");
    return *std::move(device);
}

Result<Notes> Operations::add_device(const NewDevice& wanted, const AddedBy& by) {
    if (!wanted.mac.is_device())
        return fail(wanted.mac.text() + ": no address of a single device");
    if (inventory().device(wanted.mac))
        return fail(ErrorKind::conflict,
                    "device " + wanted.mac.text() +
                        " exists already; 'plugtonectl device set' changes it");
    if (auto good = check_class(pipeline_, wanted.class_name); !good)
        return tl::unexpected(good.error());
    if (auto good = check_label(wanted.label); !good)
        return tl::unexpected(good.error());
    const auto password = generate_xml_password();
    if (!password)
        return tl::unexpected(password.error());
    const Device device{wanted.mac, wanted.class_name, wanted.label, *password};
    const DeviceClass* device_class = pipeline_.class_of(device);
    if (device_class == nullptr)
        return no_class(wanted.mac);
    const auto settings =
        check_settings(wanted.settings, pipeline_.dictionary(), device_class->family);
    if (!settings)
        return tl::unexpected(settings.error());
    const Done done = pipeline_.change(
        "device add " + wanted.mac.text() + by.how, Scope::of(wanted.mac),
        [&](Generation generation) {
            if (by.along)
                by.along();
            inventory().adopt(generation, {device}, std::time(nullptr));
            inventory().set_parameters(generation, of_device(wanted.mac, settings->assignments));
            return Done{};
        });
    return done ? Result<Notes>(settings->notes) : tl::unexpected(done.error());
}

Result<Notes> Operations::change_device(const Mac& mac, const DeviceChange& change) {
    auto device = known(mac);
    if (!device)
        return tl::unexpected(device.error());
    const bool is_other = change.class_name || change.label || change.url;
    if (!is_other && change.settings.empty())
        return fail("device set: want at least one parameter, --class, --label or --url, got none");
    std::string what = "device set " + mac.text();
    if (change.class_name) {
        if (auto good = check_class(pipeline_, *change.class_name); !good)
            return tl::unexpected(good.error());
        device->class_name = *change.class_name;
        what += " class";
    }
    if (change.label) {
        if (auto good = check_label(*change.label); !good)
            return tl::unexpected(good.error());
        device->label = *change.label;
        what += " label";
    }
    if (change.url) {
        if (auto good = check_url_template(*change.url, false); !good)
            return tl::unexpected(good.error());
        what += " url";
    }
    const DeviceClass* device_class = pipeline_.class_of(*device);
    if (change.class_name && device_class == nullptr)
        return no_class(mac);
    const auto settings = check_settings(change.settings, pipeline_.dictionary(),
                                         device_class == nullptr ? "" : device_class->family);
    if (!settings)
        return tl::unexpected(settings.error());
    const Done done = pipeline_.change(
        what + joined(settings->assignments), Scope::of(mac), [&](Generation generation) {
            if (change.class_name || change.label)
                inventory().change_device(generation, *device);
            if (change.url && change.url->empty())
                inventory().overrides().unset_url(generation, mac);
            else if (change.url)
                inventory().overrides().set_url(generation, mac, *change.url);
            inventory().set_parameters(generation, of_device(mac, settings->assignments));
            return Done{};
        });
    return done ? Result<Notes>(settings->notes) : tl::unexpected(done.error());
}

Done Operations::unset_parameters(const Mac& mac, const std::vector<std::string>& names) {
    if (const auto device = known(mac); !device)
        return tl::unexpected(device.error());
    const auto numbers = resolve_all(names, pipeline_.dictionary());
    if (!numbers)
        return tl::unexpected(numbers.error());
    return pipeline_.change("device unset " + mac.text() + joined(*numbers), Scope::of(mac),
                            [&](Generation generation) -> Done {
                                for (const ParameterName& number : *numbers)
                                    if (!inventory().unset_parameter(generation, mac, number))
                                        return fail(ErrorKind::not_found,
                                                    "device " + mac.text() + " has no " +
                                                        pipeline_.dictionary().label(number) +
                                                        " of its own");
                                return {};
                            });
}

Done Operations::remove_device(const Mac& mac) {
    if (const auto device = known(mac); !device)
        return tl::unexpected(device.error());
    return pipeline_.change("device remove " + mac.text(), Scope::of(mac),
                            [&](Generation generation) {
                                inventory().remove_device(generation, mac);
                                return Done{};
                            });
}

Done Operations::import_vendor_file(const Mac& mac, ByteView bytes) {
    if (const auto device = known(mac); !device)
        return tl::unexpected(device.error());
    if (auto good = check_vendor_file(mac, bytes); !good)
        return fail_in("binary file", good.error());
    return pipeline_.change("device import-legacy " + mac.text(), Scope::of(mac),
                            [&](Generation generation) {
                                inventory().set_vendor_file(generation, mac, bytes);
                                return Done{};
                            });
}

Done Operations::forget_vendor_file(const Mac& mac) {
    if (const auto device = known(mac); !device)
        return tl::unexpected(device.error());
    return pipeline_.change("device import-legacy --forget " + mac.text(), Scope::of(mac),
                            [&](Generation generation) -> Done {
                                if (!inventory().unset_vendor_file(generation, mac))
                                    return fail(ErrorKind::not_found,
                                                "device " + mac.text() +
                                                    " has no imported binary file");
                                return {};
                            });
}

Done Operations::check_owner(const std::string& owner) const {
    return owner == of_site ? Done{} : check_class(pipeline_, owner);
}

// They have it in their own files.
Scope Operations::devices_in(const MacRange& range) {
    Scope scope;
    for (const Mac& mac : inventory().macs())
        if (range.holds(mac))
            scope.devices.insert(mac);
    return scope;
}

Done Operations::add_redirect(const std::string& range, const std::string& url) {
    const auto whom = MacRange::parse(range);
    if (!whom)
        return tl::unexpected(whom.error());
    if (url.empty())
        return fail("want the URL, or the bare address, of the server to go to");
    if (auto good = check_url_template(url, false); !good)
        return good;
    const OfferOverrides overrides = inventory().overrides().all();
    if (const auto there = overrides.redirects.find(*whom); there != overrides.redirects.end())
        return fail(ErrorKind::conflict, whom->text() + " is redirected to " + there->second +
                                             " already; 'plugtonectl redirect remove " +
                                             whom->text() + "' ends that");
    return pipeline_.change("redirect add " + whom->text(), devices_in(*whom),
                            [&](Generation generation) {
                                inventory().overrides().set_redirect(generation, *whom, url);
                                return Done{};
                            });
}

Done Operations::remove_redirect(const std::string& range) {
    const auto whom = MacRange::parse(range);
    if (!whom)
        return tl::unexpected(whom.error());
    return pipeline_.change(
        "redirect remove " + whom->text(), devices_in(*whom), [&](Generation generation) {
            return inventory().overrides().unset_redirect(generation, *whom)
                       ? Done{}
                       : Done(fail(ErrorKind::not_found,
                                   "no redirection of " + whom->text() +
                                       "; 'plugtonectl redirect list' shows all"));
        });
}

Result<Notes> Operations::set_shared(const std::string& owner, const TypedSettings& settings,
                                     bool is_public) {
    if (auto good = check_owner(owner); !good)
        return tl::unexpected(good.error());
    if (auto some = check_some(settings); !some)
        return tl::unexpected(some.error());
    const DeviceClass* device_class = owner == of_site ? nullptr : pipeline_.classes().find(owner);
    const auto checked = check_settings(settings, pipeline_.dictionary(),
                                        device_class == nullptr ? "" : device_class->family);
    if (!checked)
        return tl::unexpected(checked.error());
    for (const Assignment& assignment : checked->assignments)
        if (is_public && pipeline_.dictionary().is_secret(assignment.name))
            return fail(
                ErrorKind::refused,
                pipeline_.dictionary().label(assignment.name) +
                    " is a secret, and what is public anybody may read: leave --public out");
    const Done done =
        pipeline_.change(owner_text(owner) + " set" + joined(checked->assignments), Scope::all(),
                         [&](Generation generation) {
                             for (const Assignment& assignment : checked->assignments)
                                 inventory().set_shared(generation, owner, assignment, is_public);
                             return Done{};
                         });
    return done ? Result<Notes>(checked->notes) : tl::unexpected(done.error());
}

Done Operations::unset_shared(const std::string& owner, const std::vector<std::string>& names) {
    if (auto good = check_owner(owner); !good)
        return good;
    const auto numbers = resolve_all(names, pipeline_.dictionary());
    if (!numbers)
        return tl::unexpected(numbers.error());
    return pipeline_.change(
        owner_text(owner) + " unset" + joined(*numbers), Scope::all(),
        [&](Generation generation) -> Done {
            for (const ParameterName& number : *numbers)
                if (!inventory().unset_shared(generation, owner, number))
                    return fail(ErrorKind::not_found,
                                "the " + owner_text(owner) + " has no " +
                                    pipeline_.dictionary().label(number) +
                                    (owner == of_site ? "" : " set (class files are not changed)"));
            return {};
        });
}

} // namespace plugtone
