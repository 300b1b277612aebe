#include "agent/preview.hpp"

#include "core/base/text.hpp"
#include "core/formats/openssl_container.hpp"

namespace plugtone {

namespace {

using What = Difference::What;

// What is written of a file whose guard is the same and whose bytes are not.
constexpr const char* other_content = ", other content";

std::string sealing_text(const Document& document) {
    if (const auto* container = std::get_if<InContainer>(&document.sealing))
        return std::string("encrypted (") +
               (container->digest == KeyDigest::md5 ? "MD5" : "SHA-256") +
               (container->salted ? ", salted)" : ", without a salt)");
    return std::holds_alternative<ByEncoder>(document.sealing) ? "by the class's encoder"
                                                               : "in clear";
}

// Two sorted maps side by side: each name of either, and what it is in each.
template <class Map, class Take>
void side_by_side(const Map& before, const Map& after, Take take) {
    using Value = const typename Map::mapped_type*;
    auto left = before.begin();
    auto right = after.begin();
    while (left != before.end() || right != after.end()) {
        const bool only_left =
            right == after.end() || (left != before.end() && left->first < right->first);
        const bool only_right =
            left == before.end() || (right != after.end() && right->first < left->first);
        const auto& name = only_right ? right->first : left->first;
        take(name, only_right ? Value() : &left->second, only_left ? Value() : &right->second);
        if (!only_right)
            ++left;
        if (!only_left)
            ++right;
    }
}

std::optional<std::string> some(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

void compare(const std::optional<Mac>& mac, const DeviceView& before, const DeviceView& after,
             std::vector<Difference>& all) {
    const std::size_t others = all.size();
    if (before.class_name != after.class_name)
        all.push_back(
            {mac, What::device_class, "", some(before.class_name), some(after.class_name)});
    if (before.url != after.url)
        all.push_back({mac, What::url, "", some(before.url), some(after.url)});
    side_by_side(before.settings, after.settings,
                 [&](const ParameterName& name, const std::string* old, const std::string* now) {
                     if (old == nullptr || now == nullptr || *old != *now)
                         all.push_back({mac, What::setting, name.text(),
                                        old ? std::optional(*old) : std::nullopt,
                                        now ? std::optional(*now) : std::nullopt});
                 });
    const bool accounted = all.size() > others;
    side_by_side(
        before.files, after.files,
        [&](const std::string& path, const DeviceView::File* old, const DeviceView::File* now) {
            if (old != nullptr && now != nullptr && old->guard == now->guard) {
                if (old->sha256 != now->sha256 && !accounted)
                    all.push_back({mac, What::file, path, old->guard, now->guard + other_content});
                return;
            }
            all.push_back({mac, What::file, path, old ? std::optional(old->guard) : std::nullopt,
                           now ? std::optional(now->guard) : std::nullopt});
        });
}

} // namespace

void DeviceView::add(const Document& document) {
    std::string guard =
        sealing_text(document) + ", access " + std::string(access_rule_name(document.access));
    if (document.http)
        guard += ", user name and password";
    const std::string sha256 = sha256_hex(document.plain);
    for (const std::string& path : document.paths)
        files.insert_or_assign(path, File{guard, sha256});
}

std::string_view what_name(What what) {
    switch (what) {
    case What::device_class:
        return "class";
    case What::url:
        return "url";
    case What::setting:
        return "setting";
    case What::file:
        return "file";
    }
    return "setting";
}

std::vector<Difference> differences(const Picture& before, const Picture& after) {
    std::vector<Difference> all;
    compare(std::nullopt, before.everybody, after.everybody, all);
    static const DeviceView nothing;
    side_by_side(before.devices, after.devices,
                 [&](const Mac& mac, const DeviceView* old, const DeviceView* now) {
                     compare(mac, old ? *old : nothing, now ? *now : nothing, all);
                 });
    return all;
}

void annotate(std::vector<Difference>& differences, const Dictionary& dictionary) {
    for (Difference& difference : differences) {
        if (difference.what != What::setting)
            continue;
        const auto number = ParameterName::parse(difference.name);
        if (!number)
            continue;
        difference.secret = difference.secret || dictionary.is_secret(*number);
        if (const ParameterDefinition* definition = dictionary.find(*number))
            difference.title = definition->name;
    }
}

} // namespace plugtone
