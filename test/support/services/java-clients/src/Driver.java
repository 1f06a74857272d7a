import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Drives one of the Java clients, named by the only argument, for the tests in test/services/interop.
 * Reads commands as JSON lines from standard input; prints answers, messages and disconnections as JSON lines.
 * The commands are those of test/support/services/client-driver.ts.
 */
public final class Driver {
  private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

  /** One client of a library; its methods answer now or from a callback. */
  interface Client {
    void connect(JsonObject command, Answer answer) throws Exception;

    void subscribe(JsonObject command, Answer answer) throws Exception;

    void publish(JsonObject command, Answer answer) throws Exception;

    void disconnect(JsonObject command, Answer answer) throws Exception;
  }

  /** Answers one command. */
  record Answer(int id) {
    void succeed(JsonObject result) {
      result.addProperty("id", id);
      print(result);
    }

    void succeed(int reasonCode) {
      JsonObject result = new JsonObject();
      result.addProperty("reasonCode", reasonCode);
      succeed(result);
    }

    void fail(Throwable error) {
      JsonObject result = new JsonObject();
      result.addProperty("id", id);
      result.addProperty("error", String.valueOf(error));
      print(result);
    }
  }

  private Driver() {}

  public static void main(String[] args) throws Exception {
    Map<String, Client> clients = new HashMap<>();
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      JsonObject command = JsonParser.parseString(line).getAsJsonObject();
      Answer answer = new Answer(command.get("id").getAsInt());
      try {
        carryOut(command, answer, args[0], clients);
      } catch (Exception error) {
        answer.fail(error);
      }
    }
    Runtime.getRuntime().halt(0);
  }

  static void disconnected(String name, Integer reasonCode) {
    JsonObject event = new JsonObject();
    event.addProperty("event", "disconnected");
    event.addProperty("client", name);
    event.addProperty("reasonCode", reasonCode);
    print(event);
  }

  /** The start of a message event; MQTT 5 clients add properties before they print it. */
  static JsonObject message(String name, String topicName, byte[] payload, int qos, boolean retain) {
    JsonObject event = new JsonObject();
    event.addProperty("event", "message");
    event.addProperty("client", name);
    event.addProperty("topicName", topicName);
    event.addProperty("payload", new String(payload, StandardCharsets.UTF_8));
    event.addProperty("qos", qos);
    event.addProperty("retain", retain);
    return event;
  }

  static JsonArray pair(String name, String value) {
    JsonArray pair = new JsonArray();
    pair.add(name);
    pair.add(value);
    return pair;
  }

  static byte[] bytes(JsonObject command, String key) {
    return command.get(key).getAsString().getBytes(StandardCharsets.UTF_8);
  }

  static void print(JsonObject line) {
    synchronized (OUT) {
      OUT.println(line);
      OUT.flush();
    }
  }

  private static void carryOut(JsonObject command, Answer answer, String library, Map<String, Client> clients)
      throws Exception {
    String name = command.get("client").getAsString();
    String verb = command.get("command").getAsString();
    if (verb.equals("connect") && !clients.containsKey(name)) clients.put(name, create(library, name, command));
    Client client = clients.get(name);
    switch (verb) {
      case "connect" -> client.connect(command, answer);
      case "subscribe" -> client.subscribe(command, answer);
      case "publish" -> client.publish(command, answer);
      case "disconnect" -> client.disconnect(command, answer);
      case "sync" -> answer.succeed(new JsonObject());
      default -> throw new IllegalArgumentException(verb);
    }
  }

  private static Client create(String library, String name, JsonObject command) throws Exception {
    boolean isVersion5 = command.get("version").getAsInt() == 5;
    return switch (library) {
      case "paho" -> isVersion5 ? new PahoMqtt5(name, command) : new PahoMqtt3(name, command);
      case "hivemq" -> isVersion5 ? new HiveMqMqtt5(name, command) : new HiveMqMqtt3(name, command);
      default -> throw new IllegalArgumentException(library);
    };
  }
}
