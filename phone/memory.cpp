#include "phone/memory.hpp"

#include "core/base/file.hpp"
#include "core/classes/known_parameters.hpp"
#include "core/contracts/durable.hpp"
#include "core/formats/gs_xml.hpp"

namespace plugtone {

namespace {

constexpr std::size_t file_size_max = std::size_t{16} << 20U;
constexpr mode_t file_mode = 0600;

} // namespace

Result<PhoneMemory> PhoneMemory::load(const std::string& path) {
    const auto bytes = read_file(path, file_size_max);
    if (!bytes)
        return bytes.error().kind == ErrorKind::not_found
                   ? PhoneMemory()
                   : Result<PhoneMemory>(tl::unexpected(bytes.error()));
    auto document = parse_gs_xml(path, *bytes);
    if (!document)
        return tl::unexpected(document.error());
    return PhoneMemory(std::move(document->parameters));
}

Done PhoneMemory::store(const std::string& path) const {
    const auto text = render_gs_xml({std::nullopt, parameters_});
    if (!text)
        return fail_in(path, text.error());
    return write_file(path, as_bytes(*text), file_mode, Durability::durable);
}

void PhoneMemory::take(const ParameterSet& parameters) {
    overlay(parameters_, parameters);
}

std::string PhoneMemory::value_of(const ParameterName& name) const {
    const auto found = parameters_.find(name);
    return found == parameters_.end() ? "" : found->second;
}

std::optional<Secret> PhoneMemory::xml_password() const {
    std::string password = value_of(known::xml_password);
    return password.empty() ? std::nullopt : std::optional(Secret(std::move(password)));
}

std::string PhoneMemory::asked_name(const FileRequest& request) const {
    if (request.kind == FileKind::firmware || request.kind == FileKind::asked)
        return request.name;
    return value_of(known::config_prefix) + request.name + value_of(known::config_postfix);
}

} // namespace plugtone
