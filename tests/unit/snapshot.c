// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A snapshot has the names of every process and container in it, although nobody will look a second time; what is
 * forgotten, missing or damaged is left out or said.
 */
#include "snapshot.h"
#include "pinned.h"
#include "stand_in.h"
#include "take.h"

#define OK "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n"
#define CONTAINERS 300 /* more than may be asked for at a time */

static struct stand_in docker = { .serve = serve_text };
static struct pinned flows;

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", flows.path, name);
	file = fopen(path, "w");
	CHECK(file && fputs(text, file) >= 0 && !fclose(file));
}

/* One of the lines, of the process PID. */
static char *put_line(char *to, int protocol, unsigned int pid, unsigned int started)
{
	to += sprintf(to, "{\"event\":\"socket\",\"protocol\":%d,\"ip_version\":4,\"local_ip\":\"10.0.0.1\",\"local_port\":%u,"
			  "\"state\":\"ESTABLISHED\"", protocol, pid);
	if (pid)
		to += sprintf(to, ",\"pid\":%u,\"tid\":%u,\"started\":%u,\"uid\":7,\"gid\":7,\"comm\":\"line\",\"ppid\":1,"
				  "\"parent_comm\":\"line\"", pid, pid, started);
	return to + sprintf(to, "}\n");
}

static void add_process(unsigned int pid, unsigned int started, unsigned int container)
{
	struct rs_process p = { .pid = pid, .uid = 4711, .comm = "known", .cgroup_id = 9 };
	char cgroup[128];

	CHECK(!path_to_parts("/usr/bin/known", p.exe));
	CHECK(!path_to_parts("/usr/bin/parent", p.parent_exe));
	if (container) {
		snprintf(cgroup, sizeof(cgroup), "/system.slice/docker-%064x.scope", container);
		CHECK(!path_to_parts(cgroup, p.cgroup));
	}
	pinned_add_process(&flows, &p, rs_process_key(pid, started));
}

/* What is printed, as an array; its status in *status. */
static json_t *shot(const struct options *wanted, int *status)
{
	static struct output output;
	struct names *names = names_start(&(struct names_options){ .containers = true, .timeout_ms = 60000 });
	int saved = dup(STDOUT_FILENO), memory = memfd_create("out", 0);
	struct options o = *wanted;
	json_t *all = json_array();
	char line[RINGSIDE_LINE_MAX];
	FILE *file;

	CHECK(names && saved >= 0 && memory >= 0);
	fflush(stdout);
	CHECK(dup2(memory, STDOUT_FILENO) >= 0);
	output = (struct output){};
	o.pin_root = pinned_root;
	*status = snapshot(&o, &output, names);
	CHECK(dup2(saved, STDOUT_FILENO) >= 0);
	close(saved);
	names_stop(names);
	CHECK(lseek(memory, 0, SEEK_SET) == 0);
	file = fdopen(memory, "r");
	while (fgets(line, sizeof(line), file))
		CHECK(!json_array_append_new(all, parse(line, strlen(line))));
	fclose(file);
	return all;
}

static void remove_file(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", flows.path, name);
	CHECK(!unlink(path));
}

static const char *text_in(const json_t *all, size_t i, const char *key)
{
	return json_string_value(json_object_get(json_array_get(all, i), key));
}

static void every_container_has_its_name(void)
{
	char *text = malloc(CONTAINERS * 600), *to = text;
	json_t *all;
	int status;

	docker.answer = OK "\r\n{\"Name\":\"/web\",\"Config\":{\"Labels\":{}}}";
	for (unsigned int i = 1; i <= CONTAINERS; i++) {
		add_process(i, 5, i);
		to = put_line(to, 6, i, 5);
	}
	write_file("tcp", text);
	write_file("udp", "");
	all = shot(&(struct options){}, &status);
	EQUAL(status, 0);
	EQUAL(json_array_size(all), CONTAINERS);
	for (size_t i = 0; i < CONTAINERS; i++) {
		WHERE("container %zu", i + 1);
		EQUAL_TEXT(text_in(all, i, "container_name"), "web");
		EQUAL_TEXT(text_in(all, i, "exe"), "/usr/bin/known");
		EQUAL_TEXT(text_in(all, i, "parent_exe"), "/usr/bin/parent");
		EQUAL_TEXT(text_in(all, i, "comm"), "line"); /* as it was */
	}
	test_where[0] = '\0';
	EQUAL(docker.asked, CONTAINERS);
	json_decref(all);
	free(text);

	/* and by it they are found */
	all = shot(&(struct options){ .filters = true, .containers = { (const char *[]){ "web" }, 1 } }, &status);
	EQUAL(json_array_size(all), CONTAINERS);
	json_decref(all);
	all = shot(&(struct options){ .filters = true, .containers = { (const char *[]){ "db" }, 1 } }, &status);
	EQUAL(json_array_size(all), 0);
	EQUAL(status, 0);
	json_decref(all);
}

static void what_is_not_known_is_left_out(void)
{
	char text[4096], *to = text;
	json_t *all;
	int status;

	add_process(1000, 5, 0);
	to = put_line(to, 6, 0, 0);
	to = put_line(to, 6, 1000, 5);
	to = put_line(to, 6, 1000, 6); /* another one of that pid, forgotten */
	write_file("tcp", text);
	put_line(text, 17, 1000, 5);
	write_file("udp", text);
	all = shot(&(struct options){}, &status);
	EQUAL(status, 0);
	EQUAL(json_array_size(all), 4);
	CHECK(!text_in(all, 0, "exe") && !text_in(all, 0, "comm"));
	EQUAL_TEXT(text_in(all, 1, "exe"), "/usr/bin/known");
	CHECK(!text_in(all, 2, "exe") && !json_object_get(json_array_get(all, 2), "cgroup_id"));
	EQUAL_TEXT(text_in(all, 2, "comm"), "line");
	EQUAL_TEXT(text_in(all, 3, "exe"), "/usr/bin/known");
	for (size_t i = 0; i < 4; i++)
		CHECK(!text_in(all, i, "container_id"));
	json_decref(all);

	/* it is chosen by what its line says */
	all = shot(&(struct options){ .filters = true, .comms = { (const char *[]){ "line" }, 1 } }, &status);
	EQUAL(json_array_size(all), 1);
	json_decref(all);
	all = shot(&(struct options){ .filters = true, .udp = true }, &status);
	EQUAL(json_array_size(all), 1);
	json_decref(all);
	all = shot(&(struct options){ .filters = true, .incoming = true, .outgoing = true }, &status);
	EQUAL(json_array_size(all), 0); /* nobody saw who began */
	json_decref(all);
	all = shot(&(struct options){ .count = 2 }, &status);
	EQUAL(json_array_size(all), 2);
	json_decref(all);
}

static void without_a_newline_or_whole_lines(void)
{
	char text[4096];
	json_t *all;
	int status;

	put_line(text, 6, 0, 0);
	text[strlen(text) - 1] = '\0';
	write_file("tcp", text);
	write_file("udp", "\n\n{\n");
	said_begin();
	all = shot(&(struct options){}, &status);
	EQUAL_TEXT(said_end(), "snapshot: read flows: 3 lines are not ringside's\n");
	EQUAL(status, 1);
	EQUAL(json_array_size(all), 1);
	json_decref(all);
	write_file("udp", "");
	all = shot(&(struct options){}, &status);
	EQUAL(status, 0);
	json_decref(all);
}

int main(void)
{
	stand_in_paths();
	stand_in_start(&docker, "DOCKER_HOST");
	flows = pinned_new("flows", RS_FLOW_SLOT_SIZE, 1, 16);
	every_container_has_its_name();
	what_is_not_known_is_left_out();
	without_a_newline_or_whole_lines();
	remove_file("tcp");
	remove_file("udp");
	pinned_remove(&flows);
	pinned_end();
	return 0;
}
