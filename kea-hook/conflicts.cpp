#include "kea-hook/conflicts.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

using isc::data::ConstElementPtr;
using isc::data::Element;

// The names that Kea knows for codes that classes offer (its "Standard DHCPv4 options").
const std::map<std::string, std::uint8_t, std::less<>>& option_names() {
    static const std::map<std::string, std::uint8_t, std::less<>> names = {
        {"time-offset", 2},        {"ntp-servers", 42},    {"vendor-encapsulated-options", 43},
        {"tftp-server-name", 66},  {"boot-file-name", 67}, {"v4-captive-portal", 114},
        {"vivso-suboptions", 125}, {"log-servers", 7},     {"domain-name-servers", 6},
        {"time-servers", 4}};
    return names;
}

std::string text_of(const ConstElementPtr& map, const std::string& name) {
    const ConstElementPtr value = map->get(name);
    return value && value->getType() == Element::string ? value->stringValue() : "";
}

std::vector<ConstElementPtr> list_of(const ConstElementPtr& map, const std::string& name) {
    std::vector<ConstElementPtr> all;
    const ConstElementPtr list = map->get(name);
    if (list && list->getType() == Element::list)
        for (const auto& item : list->listValue())
            if (item->getType() == Element::map)
                all.push_back(item);
    return all;
}

std::optional<std::uint8_t> code_of(const ConstElementPtr& option) {
    const std::string space = text_of(option, "space");
    if (!space.empty() && space != "dhcp4")
        return std::nullopt;
    if (const ConstElementPtr code = option->get("code");
        code && code->getType() == Element::integer && code->intValue() > 0 &&
        code->intValue() < 255)
        return static_cast<std::uint8_t>(code->intValue());
    const auto named = option_names().find(text_of(option, "name"));
    return named == option_names().end() ? std::nullopt : std::optional(named->second);
}

// Kea puts a client with option 60 into the class of this and the option's text.
constexpr std::string_view vendor_class_prefix = "VENDOR_CLASS_";

std::set<std::string> client_classes_of(const ConstElementPtr& config) {
    std::set<std::string> names;
    for (const ConstElementPtr& client_class : list_of(config, "client-classes"))
        names.insert(text_of(client_class, "name"));
    return names;
}

// Whether a device of some class may have that option 60: some look at other things alone.
bool takes_vendor_class(const ClassTable& table, const std::string& vendor_class) {
    return std::ranges::any_of(table.classes(), [&](const DeviceClass& device_class) {
        return std::ranges::any_of(device_class.matches, [&](const MatchRule& rule) {
            return !rule.vendor_class || rule.vendor_class->matches(vendor_class);
        });
    });
}

class Finder {
public:
    explicit Finder(const ClassTable& table) {
        for (const DeviceClass& device_class : table.classes())
            for (const OfferedOption& option : device_class.options)
                (option.override_kea ? overriding_ : yielding_)[option.code].insert(
                    device_class.name);
    }

    // options, and what else may hold some, of one part of the configuration.
    void look_into(const ConstElementPtr& part, const std::string& where) {
        for (const ConstElementPtr& option : list_of(part, "option-data"))
            if (const auto code = code_of(option))
                report(*code, where);
        for (const ConstElementPtr& subnet : list_of(part, "subnet4"))
            look_into(subnet, where_of("subnet " + text_of(subnet, "subnet"), where));
        for (const ConstElementPtr& network : list_of(part, "shared-networks"))
            look_into(network, "shared network " + text_of(network, "name"));
        for (const ConstElementPtr& pool : list_of(part, "pools"))
            look_into(pool, where_of("pool " + text_of(pool, "pool"), where));
        for (const ConstElementPtr& host : list_of(part, "reservations"))
            look_into(host, "the reservation of " + (host->contains("hw-address")
                                                         ? text_of(host, "hw-address")
                                                         : text_of(host, "hostname")));
        for (const ConstElementPtr& client_class : list_of(part, "client-classes"))
            look_into(client_class, "client class " + text_of(client_class, "name"));
    }

    void look_at_hooks(const ConstElementPtr& config) {
        for (const ConstElementPtr& library : list_of(config, "hooks-libraries")) {
            const ConstElementPtr parameters = library->get("parameters");
            if (text_of(library, "library").find("libdhcp_flex_option") == std::string::npos ||
                !parameters || parameters->getType() != Element::map)
                continue;
            for (const ConstElementPtr& option : list_of(parameters, "options"))
                if (const auto code = code_of(option))
                    report(*code, "libdhcp_flex_option");
        }
    }

    void look_for_client_classes(const ClassTable& table, const std::set<std::string>& defined) {
        for (const std::string& wanted : table.kea_classes())
            if (!defined.contains(wanted) && !is_made_by_kea(wanted))
                found_.push_back("no client class '" + printable(wanted) +
                                 "' is configured: the <match> that wants it takes no device");
    }

    // Where part, or what is in it, gives addresses to none of our devices.
    void look_for_useless_pools(const ConstElementPtr& part, const std::string& where,
                                const ClassTable& table, const std::set<std::string>& defined) {
        const std::string guard = text_of(part, "client-class");
        if (guard.starts_with(vendor_class_prefix)) {
            if (!takes_vendor_class(table, guard.substr(vendor_class_prefix.size())))
                found_.push_back(where + " is for client class '" + printable(guard) +
                                 "' alone: no device class matches in it");
        } else if (!guard.empty() && !defined.contains(guard) && !is_made_by_kea(guard))
            found_.push_back(where + " is for client class '" + printable(guard) +
                             "' alone, which is not configured: no device gets an address of it");
        for (const ConstElementPtr& network : list_of(part, "shared-networks"))
            look_for_useless_pools(network, "shared network " + text_of(network, "name"), table,
                                   defined);
        for (const ConstElementPtr& subnet : list_of(part, "subnet4"))
            look_for_useless_pools(subnet, where_of("subnet " + text_of(subnet, "subnet"), where),
                                   table, defined);
        for (const ConstElementPtr& pool : list_of(part, "pools"))
            look_for_useless_pools(pool, where_of("pool " + text_of(pool, "pool"), where), table,
                                   defined);
    }

    std::vector<std::string> take() { return std::move(found_); }

private:
    // What is made without a definition.
    static bool is_made_by_kea(const std::string& name) {
        return name.starts_with(vendor_class_prefix) || name.starts_with("HA_") ||
               name.starts_with("SPAWN_") || name == "ALL" || name == "KNOWN" ||
               name == "UNKNOWN" || name == "DROP";
    }

    static std::string where_of(const std::string& part, const std::string& outer) {
        return outer.empty() ? part : part + " of " + outer;
    }

    static std::string joined(const std::set<std::string>& names) {
        std::string text;
        for (const std::string& name : names)
            text += (text.empty() ? "" : ", ") + name;
        return text;
    }

    void report(std::uint8_t code, const std::string& where) {
        const std::string place = where.empty() ? "the global options" : where;
        const std::string option = "option " + std::to_string(code) + " in " + place;
        if (const auto yields = yielding_.find(code); yields != yielding_.end())
            found_.push_back(option +
                             ": Kea's value stays for phones that ask for it, in place of "
                             "that of class " +
                             joined(yields->second) +
                             "; take it out, or say override=\"yes\" in the class");
        if (const auto overrides = overriding_.find(code); overrides != overriding_.end())
            found_.push_back(option + ": replaced for phones of class " +
                             joined(overrides->second));
    }

    std::map<std::uint8_t, std::set<std::string>> yielding_; // classes by the option's code
    std::map<std::uint8_t, std::set<std::string>> overriding_;
    std::vector<std::string> found_;
};

} // namespace

std::vector<std::string> find_conflicts(const ConstElementPtr& config, const ClassTable& table) {
    if (!config || config->getType() != Element::map)
        return {};
    Finder finder(table);
    finder.look_into(config, "");
    finder.look_at_hooks(config);
    const std::set<std::string> defined = client_classes_of(config);
    finder.look_for_client_classes(table, defined);
    finder.look_for_useless_pools(config, "", table, defined);
    return finder.take();
}

} // namespace plugtone
